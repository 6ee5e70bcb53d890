/**
 * Translations of sentences that contain names and numbers. The English sentences are made in runtime/ and server/; a
 * row of a table is a pattern:
 *
 * 'container {} is {*}: limits are changed while it runs'  →  'контейнер {1} {2}: пределы меняют, пока он работает'
 *
 * {} is a name and stays; {*} is another sentence, translated in turn.
 */
export type Rows = readonly (readonly [english: string, other: string])[];

export interface Pattern {
  is: RegExp;
  nested: readonly boolean[];
  said: string;
}
const escaped = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
export const patternOf = ([english, said]: Rows[number]): Pattern => {
  const holes = english.match(/\{\*?\}/g) ?? [];
  return {
    is: new RegExp(
      `^${english
        .split(/\{\*?\}/)
        .map(escaped)
        .join('([^]*?)')}$`,
    ),
    nested: holes.map((hole) => hole === '{*}'),
    said,
  };
};

/** Longer texts are not translated: they are not Drydock's sentences, and may contain a container's name or a file. */
const MOST = 2000;
const DEEP = 4;

export function said(all: readonly Pattern[], text: string, deep = 0): string {
  if (text.length > MOST || deep > DEEP) return text;
  for (const { is, nested, said: other } of all) {
    const found = is.exec(text);
    if (found)
      return other.replace(/\{(\d)\}/g, (_, n: string) =>
        nested[Number(n) - 1] ? said(all, found[Number(n)] ?? '', deep + 1) : (found[Number(n)] ?? ''),
      );
  }
  return text;
}
