/** Polling: the kernel shows a freeze or the last exit in a file. Reads it again after 1, 2, 4 … 50 ms. */
import { setTimeout as sleep } from 'node:timers/promises';

/** Resolves to false when `done` was not true within `ms`. */
export async function waitUntil(done: () => Promise<boolean>, ms: number): Promise<boolean> {
  const end = performance.now() + ms;
  for (let pause = 1; ; pause = Math.min(pause * 2, 50)) {
    if (await done()) return true;
    if (performance.now() + pause > end) return false;
    await sleep(pause);
  }
}
