/**
 * The practice image, pulled on this machine and carried into the virtual one, where compressing and hashing take
 * minutes.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Daemon } from '../e2e/daemon.ts';
import type { Cpio } from './cpio.ts';

/** Where the guest finds what its daemon's data root is to begin with. */
export const PULLED = '/drydock/pulled';

export async function addPulled(cpio: Cpio): Promise<void> {
  const daemon = await new Daemon().start();
  try {
    await daemon.ok('pull', 'ubuntu');
    await daemon.stop();
    for (const name of ['blobs', 'images.json', 'l', 'layers'])
      if (existsSync(join(daemon.root, name))) cpio.copy(join(daemon.root, name), join(PULLED, name));
  } finally {
    await daemon.close();
  }
}
