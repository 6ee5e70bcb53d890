/** Unpacks an archive that a test has made into a directory of its own, which goes with the test. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { unpackLayer } from '../../runtime/image/layer/unpack.ts';
import type { Suite } from '../harness.ts';
import { digestOf, type Made } from './tarball.ts';

export interface Unpacking {
  /** where archives and layers lie */
  work: string;
  /** `blob`: the archive as a registry sends it. Resolves with the directory that holds the layer's files. */
  unpack(tar: Buffer, blob?: Buffer): Promise<string>;
}
export function unpacking(test: Suite): Unpacking {
  const work = mkdtempSync('/dev/shm/drydock-unpack-');
  test.after(() => rmSync(work, { recursive: true, force: true }));
  let count = 0;
  return {
    work,
    async unpack(tar, blob = tar) {
      const dir = join(work, String(++count));
      writeFileSync(`${dir}.blob`, blob);
      await unpackLayer({ blob: `${dir}.blob`, dir, diffID: digestOf(tar) });
      return join(dir, 'diff');
    },
  };
}
export const dir = (name: string, more: Partial<Made> = {}): Made => ({ name, type: '5', ...more });
export const link = (name: string, linkname: string): Made => ({ name, type: '2', linkname });
