/**
 * Eight hexadecimal digits for a frame, so that two copies of it can be compared: the page shows the digest, and tests
 * ask the daemon for it. Pure.
 */
import type { Frame } from './frame.ts';

/** Sorts keys, so that the digest does not depend on their order. Undefined values are left out. */
const inOrder = (_: string, value: unknown): unknown =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
    : value;

/** FNV-1a, 32 bits, over UTF-16 units. It detects errors, not attacks. */
export function digestOf(frame: Frame): string {
  const text = JSON.stringify(frame, inOrder);
  let hash = 0x811c9dc5;
  for (let j = 0; j < text.length; j++) hash = Math.imul(hash ^ text.charCodeAt(j), 0x01000193);
  return (hash >>> 0).toString(16).padStart(8, '0');
}
