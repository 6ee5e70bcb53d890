/**
 * Splits a line into words as a shell does: with quotes and backslashes (POSIX, 2.2 and 2.3). Input that a shell would
 * execute or expand is refused.
 */
import { badParameter } from '../../../runtime/errors/api-error.ts';

const TOKEN = /\s+|'([^']*)'|"((?:[^"\\]|\\[\s\S])*)"|\\([\s\S])|([^\s'"\\]+)/y;

export function shellSplit(line: string): string[] {
  const found: string[] = [];
  let word: string | undefined;
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < line.length) {
    const at = TOKEN.lastIndex;
    const match = TOKEN.exec(line);
    if (!match)
      throw badParameter(`unfinished ${line[at] === '\\' ? 'backslash' : 'quotation'} in: ${line.slice(at, at + 40)}`);
    const [, single, double, escaped, plain] = match;
    const part =
      single ??
      double?.replace(/\\([$`"\\\n])/g, (_, c: string) => (c === '\n' ? '' : c)) ??
      (escaped === '\n' ? '' : escaped) ??
      plain;
    if (part !== undefined) word = (word ?? '') + part;
    else if (word !== undefined) {
      found.push(word);
      word = undefined;
    }
  }
  return word === undefined ? found : [...found, word];
}
