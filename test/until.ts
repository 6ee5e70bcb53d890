/** The one way in which tests wait for a condition. */
import { setTimeout as sleep } from 'node:timers/promises';

/** Factor for all timeouts: an emulated machine is slower. */
export const patience = Number(process.env['DRYDOCK_TEST_PATIENCE'] ?? 1);

/**
 * Polls until the condition holds, after 2, 4, 8 … 25 ms, and returns its value; the error names the condition. The
 * timeout is for conditions that never hold, not for slow machines.
 */
export async function until<T>(what: string, holds: () => T | Promise<T>, seconds = 60): Promise<NonNullable<T>> {
  const end = Date.now() + seconds * patience * 1000;
  for (let pause = 2; ; pause = Math.min(pause * 2, 25)) {
    const value = await holds();
    if (value) return value;
    if (Date.now() > end) throw new Error(`not within ${seconds * patience} s: ${what}`);
    await sleep(pause);
  }
}
