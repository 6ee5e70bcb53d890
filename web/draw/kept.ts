/** Reuses the unchanged items of the previous drawing: from frame to frame most items stay equal. */
import type { Item } from './marks.ts';

/** Deep equality of plain data. */
export function same(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (
    typeof a !== 'object' ||
    typeof b !== 'object' ||
    a === null ||
    b === null ||
    Array.isArray(a) !== Array.isArray(b)
  )
    return false;
  const keys = Object.keys(a);
  return (
    keys.length === Object.keys(b).length &&
    keys.every(
      (key) => Object.hasOwn(b, key) && same((a as Record<string, unknown>)[key], (b as Record<string, unknown>)[key]),
    )
  );
}

/** The same items, where each unchanged item, and each unchanged mark of a changed item, is the object of `before`. */
export function kept(items: readonly Item[], before: ReadonlyMap<string, Item>): Item[] {
  return items.map((item) => {
    const old = before.get(item.key);
    if (!old) return item;
    if (same(item, old)) return old;
    const marks = item.marks.map((mark, j) => {
      const was = old.marks[j];
      return was && same(mark, was) ? was : mark;
    });
    return { ...item, marks };
  });
}
