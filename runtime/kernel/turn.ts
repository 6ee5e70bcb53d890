/**
 * Turns on the daemon's thread for work whose amount a client chooses. Of all callers one has its turn in an iteration
 * of the event loop, so that requests which arrived meanwhile are answered between two turns, however many callers
 * wait.
 *
 *   poll ─ turn of A ─ poll ─ turn of B ─ poll ─ turn of A …
 */
let last: Promise<void> = Promise.resolve();

/** Resolves when it is the caller's turn. The work after it should take a few milliseconds at most. */
export function turn(): Promise<void> {
  return (last = last.then(() => new Promise<void>((resolve) => setImmediate(resolve))));
}
