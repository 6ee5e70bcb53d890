/**
 * JSON.parse for what a stranger wrote: it builds values of any depth, but JSON.stringify and every walk over them end
 * in "Maximum call stack".
 */

/** Nothing that is meant seriously nests deeper; dockerd's limit is 10,000. */
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

/** Throws SyntaxError for what is no JSON or nests too deeply. */
export function parseJson(text: string): unknown {
  checkLevels(text);
  return JSON.parse(text);
}
