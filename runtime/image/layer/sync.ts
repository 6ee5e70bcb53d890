/** The job that waits until the disk has everything that was written to a file system: syncfs(2). */
import { closeSync, openSync } from 'node:fs';
import { call } from '../../kernel/native-call.ts';

/** Throws SyscallError; EIO when the disk could not take the data. */
export async function syncFilesystem({ dir }: { dir: string }): Promise<void> {
  const fd = openSync(dir, 'r');
  try {
    call('syncfs', fd);
  } finally {
    closeSync(fd);
  }
}
