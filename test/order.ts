/** A random order that a seed reproduces. */

/** mulberry32, public domain: https://gist.github.com/tommyettinger/46a874533244883189143505d203312c */
function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** The Fisher–Yates shuffle: every order is equally likely. */
export function shuffled<T>(items: readonly T[], seed: number): T[] {
  const next = random(seed);
  const order = [...items];
  for (let last = order.length - 1; last > 0; last--) {
    const other = Math.floor(next() * (last + 1));
    [order[last], order[other]] = [order[other]!, order[last]!];
  }
  return order;
}

/** Files that take a minute or more. They begin first, so that no long file runs alone at the end. */
const LONG = [/^vm\//, /^lessons\/course\./, /^nodes\//, /^e2e\/sweep\//, /^e2e\/unreadable\./];

/** A random order of the files, but long ones come first: those of the first pattern, then those of the second … */
export function longestFirst(files: readonly string[], seed: number): string[] {
  const rank = (file: string) => (LONG.findIndex((long) => long.test(file)) + LONG.length + 1) % (LONG.length + 1);
  return shuffled(files, seed).sort((a, b) => rank(a) - rank(b));
}

/**
 * A name for files of which one runs at a time: a virtual machine uses both processors, and two installations need two
 * copies of node_modules in memory. Empty for all others.
 */
export const aloneIn = (file: string): string => /^(vm|nodes)\//.exec(file)?.[1] ?? '';

/** Files that compare a time with a limit. They run after all others, one a processor. */
export const measures = (file: string): boolean => /^(e2e\/standstill|kernel\/remove-tree)\./.test(file);
