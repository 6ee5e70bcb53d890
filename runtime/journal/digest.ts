/**
 * A frame in eight digits, so that two who hold it far from each other can compare: the page shows it, and tests ask
 * the daemon. Pure.
 */
import type { Frame } from './frame.ts';

/** In an order that does not hang on which key was learned first; what is undefined is not there. */
const inOrder = (_: string, value: unknown): unknown =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
    : value;

/** FNV-1a, 32 bits, over UTF-16 units: against mistakes, not against an adversary. */
export function digestOf(frame: Frame): string {
  const text = JSON.stringify(frame, inOrder);
  let hash = 0x811c9dc5;
  for (let j = 0; j < text.length; j++) hash = Math.imul(hash ^ text.charCodeAt(j), 0x01000193);
  return (hash >>> 0).toString(16).padStart(8, '0');
}
