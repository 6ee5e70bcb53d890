/**
 * JSON.parse for untrusted text, with a limit on nesting. JSON.parse itself builds values of any depth, but on deep
 * ones JSON.stringify and every recursive function fail with "Maximum call stack size exceeded".
 */

/** No useful JSON is nested deeper. dockerd's limit is 10,000. */
const MOST_LEVELS = 500;
const [QUOTE, BACKSLASH] = ['"'.charCodeAt(0), '\\'.charCodeAt(0)];
const [LIST, LIST_END, OBJECT, OBJECT_END] = ['[', ']', '{', '}'].map((one) => one.charCodeAt(0));

function checkLevels(text: string): void {
  let level = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) {
      for (at++; at < text.length && text.charCodeAt(at) !== QUOTE; at++) if (text.charCodeAt(at) === BACKSLASH) at++;
    } else if (code === LIST || code === OBJECT) {
      if (++level > MOST_LEVELS) throw new SyntaxError(`it nests more than ${MOST_LEVELS} levels deep`);
    } else if (code === LIST_END || code === OBJECT_END) {
      level--;
    }
  }
}

/** Throws SyntaxError for text that is not JSON or is nested too deeply. */
export function parseJson(text: string): unknown {
  checkLevels(text);
  return JSON.parse(text);
}
