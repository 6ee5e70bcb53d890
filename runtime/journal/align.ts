/** The longest common subsequence of two lists, as pieces that are equal in both and pieces that differ. Pure. */
export type Piece<T> = { same: true; pairs: [T, T][] } | { same: false; a: T[]; b: T[] };

/**
 * The most cells of the table. Larger lists are compared only at their ends, and their middle counts as different as a
 * whole.
 */
const MOST = 1_000_000;

/** The pieces of both lists in their order. `equal` decides which elements are the same. */
export function align<T>(a: readonly T[], b: readonly T[], equal: (one: T, other: T) => boolean): Piece<T>[] {
  let first = 0;
  while (first < a.length && first < b.length && equal(a[first]!, b[first]!)) first++;
  let last = 0;
  while (last < a.length - first && last < b.length - first && equal(a[a.length - 1 - last]!, b[b.length - 1 - last]!))
    last++;
  const pairs = (count: number, fromA: number, fromB: number) =>
    Array.from({ length: count }, (_, j): [T, T] => [a[fromA + j]!, b[fromB + j]!]);
  const same = (list: [T, T][]): Piece<T>[] => (list.length ? [{ same: true, pairs: list }] : []);
  const middle = between(a.slice(first, a.length - last), b.slice(first, b.length - last), equal);
  return [...same(pairs(first, 0, 0)), ...middle, ...same(pairs(last, a.length - last, b.length - last))];
}

function between<T>(a: readonly T[], b: readonly T[], equal: (one: T, other: T) => boolean): Piece<T>[] {
  if (!a.length && !b.length) return [];
  if (!a.length || !b.length || a.length * b.length > MOST) return [{ same: false, a: [...a], b: [...b] }];
  const width = b.length + 1;
  // the length of the longest common subsequence from (i, j) on
  const common = new Uint32Array((a.length + 1) * width);
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      common[i * width + j] = equal(a[i]!, b[j]!)
        ? common[(i + 1) * width + j + 1]! + 1
        : Math.max(common[(i + 1) * width + j]!, common[i * width + j + 1]!);
    }
  }
  const pieces: Piece<T>[] = [];
  const differing = () => {
    const now = pieces.at(-1);
    if (now && !now.same) return now;
    const fresh: Piece<T> & { same: false } = { same: false, a: [], b: [] };
    pieces.push(fresh);
    return fresh;
  };
  for (let i = 0, j = 0; i < a.length || j < b.length;) {
    if (i < a.length && j < b.length && equal(a[i]!, b[j]!)) {
      const now = pieces.at(-1);
      if (now?.same) now.pairs.push([a[i]!, b[j]!]);
      else pieces.push({ same: true, pairs: [[a[i]!, b[j]!]] });
      i++;
      j++;
    } else if (j >= b.length || (i < a.length && common[(i + 1) * width + j]! >= common[i * width + j + 1]!))
      differing().a.push(a[i++]!);
    else differing().b.push(b[j++]!);
  }
  return pieces;
}
