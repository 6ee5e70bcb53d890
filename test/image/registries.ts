/** Registries with faults, and data roots for those who pull from them. They go with the test. */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Suite } from '../harness.ts';
import { faultyRegistry, type Fault, type Faulty } from './faulty-registry.ts';
import { sample } from './sample.ts';

export interface Registries {
  /** an empty data root */
  fresh(): string;
  /** `served`: `image` unless given */
  registry(fault?: Fault, served?: typeof image): Promise<Faulty>;
}
export const noise = randomBytes(3_000_000);
export const image = sample([[{ name: 'a', content: noise }], [{ name: 'b', content: 'small' }]]);
export const big = image.layers[0]!;

export function registries(test: Suite): Registries {
  const work = mkdtempSync('/dev/shm/drydock-client-');
  const open: Faulty[] = [];
  let count = 0;
  test.after(async () => {
    for (const one of open) await one.close();
    rmSync(work, { recursive: true, force: true });
  });
  return {
    fresh: () => join(work, String(++count)),
    async registry(fault, served = image) {
      const one = await faultyRegistry(served, fault);
      open.push(one);
      return one;
    },
  };
}
export const leftovers = (root: string): string[] =>
  ['blobs/sha256', 'layers', 'l'].flatMap((dir) => readdirSync(join(root, dir)));
