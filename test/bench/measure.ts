/** Takes samples and compares their medians. */
import { setTimeout as sleep } from 'node:timers/promises';

export interface Figure {
  median: number;
  lowest: number;
  highest: number;
  runs: number;
}
export type Sample = () => Promise<number>;

export function figure(values: readonly number[]): Figure {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const median = sorted.length % 2 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
  return { median, lowest: sorted[0]!, highest: sorted[sorted.length - 1]!, runs: sorted.length };
}

/** Duration of `body` in milliseconds. */
export async function timed(body: () => Promise<unknown>): Promise<number> {
  const begun = performance.now();
  await body();
  return performance.now() - begun;
}

/**
 * The kernel deletes a network namespace after its last process has ended, and holds a lock meanwhile that the next
 * link needs: a runtime measured right after podman waited 30 ms for podman's namespace. So wait this many milliseconds
 * between samples.
 */
const AFTERMATH_MS = 200;

/**
 * One sample of each in turn, so that a slow period of the machine affects all of them, and none waits for the kernel's
 * work for the one before. The first round is not counted.
 */
export async function interleaved(rounds: number, samples: Record<string, Sample>): Promise<Record<string, Figure>> {
  const values: Record<string, number[]> = Object.fromEntries(Object.keys(samples).map((name) => [name, []]));
  for (let round = -1; round < rounds; round++) {
    for (const [name, sample] of Object.entries(samples)) {
      await sleep(AFTERMATH_MS);
      const value = await sample();
      if (round >= 0) values[name]!.push(value);
    }
  }
  return Object.fromEntries(Object.entries(values).map(([name, all]) => [name, figure(all)]));
}
