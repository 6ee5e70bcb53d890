/**
 * Pulls the practice image on the test machine and copies it into the virtual one, where compressing and hashing take
 * minutes.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Daemon } from '../e2e/daemon.ts';
import type { Cpio } from './cpio.ts';

/** The initial data root of the guest's daemon, as a path in the guest. */
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
