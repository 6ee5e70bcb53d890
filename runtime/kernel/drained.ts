/** Waits for a reader that is slower than the writer. */
import type { Writable } from 'node:stream';

/**
 * Resolves when the stream takes more or is closed; at once when that is so already. It leaves no listener behind:
 * `once` of node:events in a race would leave one for each time, for as long as the stream is open.
 */
export function drained(out: Writable): Promise<void> {
  return new Promise((resolve) => {
    if (out.destroyed || !out.writableNeedDrain) return resolve();
    const done = () => {
      out.off('drain', done);
      out.off('close', done);
      resolve();
    };
    out.on('drain', done);
    out.on('close', done);
  });
}
