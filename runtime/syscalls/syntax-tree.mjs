// Part of the build: a walk over the syntax tree of a TypeScript file (ESTree with TypeScript's nodes, as rolldown's
// parser makes it).
import { parseAst } from 'vite';

const isNode = (value) => typeof value === 'object' && value !== null && typeof value.type === 'string';

/**
 * Every node of `tree`, parents before children. Offsets (`start`, `end`) count UTF-16 units, like JavaScript strings.
 */
export function* nodesOf(tree) {
  yield tree;
  for (const value of Object.values(tree))
    for (const child of Array.isArray(value) ? value : [value]) if (isNode(child)) yield* nodesOf(child);
}

/** The tree of a TypeScript file. Throws when `text` is not valid TypeScript. */
export const parse = (text) => parseAst(text, { lang: 'ts' });

/** A function from an offset to its line, counted from 1. */
export function linesOf(text) {
  const ends = [...text.matchAll(/\n/g)].map(({ index }) => index);
  return (offset) => {
    let [low, high] = [0, ends.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (ends[middle] < offset) low = middle + 1;
      else high = middle;
    }
    return low + 1;
  };
}
