/**
 * Patterns with `*`, `?` and `[a-z]` without RegExp, whose backtracking could take exponential time. A pattern is
 * followed with all its possible positions at once, so a text of n items takes at most n times the pattern's length.
 */

/** `*` stands for any number of items, another token for one that it accepts. */
export type Token<T = string> = '*' | ((item: T) => boolean);

const any = (): boolean => true;

/** Go's path.Match with `sets`; without them only `*` and `?` are special, as in a shell's `${name#pattern}`. */
export function tokensOf(glob: string, sets: boolean): Token[] {
  const letters = [...glob];
  const tokens: Token[] = [];
  for (let at = 0; at < letters.length; at++) {
    const letter = letters[at]!;
    const end = letter === '[' && sets ? letters.indexOf(']', at + 2) : -1;
    if (letter === '*') {
      if (tokens.at(-1) !== '*') tokens.push('*');
    } else if (letter === '?') tokens.push(any);
    else if (end > 0) {
      tokens.push(inSet(letters.slice(at + 1, end)));
      at = end;
    } else {
      const one = letter === '\\' && at + 1 < letters.length ? letters[++at]! : letter;
      tokens.push((item) => item === one);
    }
  }
  return tokens;
}

/** `a-z`, `^0-9`, `\]`: the letters between the brackets. */
function inSet(letters: readonly string[]): (item: string) => boolean {
  const isNot = letters[0] === '^';
  const ranges: [low: string, high: string][] = [];
  for (let at = isNot ? 1 : 0; at < letters.length; at++) {
    if (letters[at] === '\\' && at + 1 < letters.length) at++;
    const low = letters[at]!;
    if (letters[at + 1] === '-' && at + 2 < letters.length) at += 2;
    ranges.push([low, letters[at]!]);
  }
  return (item) => ranges.some(([low, high]) => low <= item && item <= high) !== isNot;
}

/** For each number of items whether a match ends behind that many. With `anywhere` it may begin behind any of them. */
function endsOf<T>(tokens: readonly Token<T>[], items: readonly T[], anywhere = false): boolean[] {
  const ends: boolean[] = [];
  let positions = new Set<number>();
  const reach = (to: Set<number>, at: number) => {
    to.add(at);
    if (tokens[at] === '*') to.add(at + 1);
  };
  reach(positions, 0);
  for (const item of items) {
    ends.push(positions.has(tokens.length));
    const next = new Set<number>();
    for (const at of positions) {
      const token = tokens[at];
      if (token === '*') reach(next, at);
      else if (token?.(item)) reach(next, at + 1);
    }
    if (anywhere) reach(next, 0);
    positions = next;
  }
  return [...ends, positions.has(tokens.length)];
}

export const matches = (tokens: readonly Token[], text: string): boolean => endsOf(tokens, [...text]).at(-1)!;

/** Whether the pattern matches the first items, at least one of them. */
export const matchesStart = <T>(tokens: readonly Token<T>[], items: readonly T[]): boolean =>
  endsOf(tokens, items).includes(true, 1);

/** The text without the shortest or the longest match at its beginning. */
export function withoutStart(tokens: readonly Token[], text: string, longest: boolean): string {
  return cut(tokens, [...text], longest).join('');
}
/** The same at its end. */
export function withoutEnd(tokens: readonly Token[], text: string, longest: boolean): string {
  return cut(tokens.toReversed(), [...text].reverse(), longest)
    .reverse()
    .join('');
}
function cut(tokens: readonly Token[], letters: string[], longest: boolean): string[] {
  const ends = endsOf(tokens, letters);
  return letters.slice(Math.max(longest ? ends.lastIndexOf(true) : ends.indexOf(true), 0));
}

/** The text with its first match, or all of them, replaced; each is as long as it can be. */
export function replaced(tokens: readonly Token[], text: string, by: string, all: boolean): string {
  const letters = [...text];
  // a match begins where one of the reversed pattern ends in the reversed text
  const begins = endsOf(tokens.toReversed(), letters.toReversed(), true).reverse();
  const hasStar = tokens.includes('*');
  let out = '';
  for (let at = 0; ;) {
    const begin = begins.indexOf(true, at);
    if (begin < 0) return out + letters.slice(at).join('');
    const length = hasStar ? endsOf(tokens, letters.slice(begin)).lastIndexOf(true) : tokens.length;
    out += letters.slice(at, begin).join('') + by;
    at = begin + length;
    // after the longest match of a pattern with a star there is no other one
    if (!all || hasStar) return out + letters.slice(at).join('');
  }
}
