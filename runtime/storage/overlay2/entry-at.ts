/** An entry of one layer at a path, without following a link on the way or at its end. */
import { AT_FDCWD, O, S_IFDIR, S_IFLNK, S_IFMT, S_IFREG } from '../../syscalls/constants.ts';
import { isWhiteout, statOf, withEntry, xattrOf } from '../../kernel/mount/beneath.ts';
import { tolerate } from '../../kernel/errors.ts';
import type { Kernel } from '../../kernel/kernel.ts';

export type Entry = 'file' | 'directory' | 'link' | 'whiteout' | 'opaque' | 'other';
const OPAQUE = ['trusted.overlay.opaque', 'user.overlay.opaque'];

/** Undefined when the name does not exist, or the way to it leads through a symlink. */
export async function entryAt(k: Kernel, root: string, path: string): Promise<Entry | undefined> {
  const dir = await tolerate(['ENOENT'], k.daemon.openat(AT_FDCWD, root, O.O_PATH | O.O_DIRECTORY | O.O_CLOEXEC, 0));
  if (dir === undefined) return undefined;
  try {
    return await withEntry(k, dir, Buffer.from(path.replace(/^\/+/, '')), O.O_PATH, (fd) => kindOf(k, fd));
  } finally {
    await k.daemon.close(dir);
  }
}

async function kindOf(k: Kernel, fd: number): Promise<Entry> {
  const stat = await statOf(k, fd);
  const type = stat.mode & S_IFMT;
  if (type === S_IFREG) return 'file';
  if (type === S_IFLNK) return 'link';
  if (isWhiteout(stat)) return 'whiteout';
  if (type !== S_IFDIR) return 'other';
  for (const name of OPAQUE) if ((await xattrOf(k, fd, name))?.toString('latin1') === 'y') return 'opaque';
  return 'directory';
}
