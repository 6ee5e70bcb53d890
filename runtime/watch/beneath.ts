/** One name beneath a directory that somebody else fills, looked at and not followed: openat2(2) keeps the way inside, symlinks are not walked. */
import { closeSync, fstatSync } from 'node:fs';
import { AT_FDCWD, O, RESOLVE } from '../kernel/constants.ts';
import { tolerate } from '../kernel/errors.ts';
import type { Kernel } from '../kernel/kernel.ts';
import { openHow } from '../kernel/mount/in-root.ts';

export type Entry = 'file' | 'directory' | 'link' | 'whiteout' | 'opaque' | 'other';
const FLAGS = O.O_PATH | O.O_NOFOLLOW | O.O_CLOEXEC;
const absent = ['ENOENT', 'ENOTDIR', 'ELOOP', 'EXDEV', 'ENAMETOOLONG', 'EINVAL'];

/** Undefined when there is no such name, or the way to it leads through a symlink. */
export async function entryBeneath(k: Kernel, root: string, path: string): Promise<Entry | undefined> {
  const dir = await tolerate(['ENOENT'], k.daemon.openat(AT_FDCWD, root, O.O_PATH | O.O_DIRECTORY | O.O_CLOEXEC, 0));
  if (dir === undefined) return undefined;
  try {
    const resolve = RESOLVE.RESOLVE_BENEATH | RESOLVE.RESOLVE_NO_MAGICLINKS | RESOLVE.RESOLVE_NO_SYMLINKS;
    const fd = await tolerate(absent, k.daemon.openat2(dir, path.replace(/^\/+/, '') || '.', openHow(FLAGS, 0, resolve)));
    if (fd === undefined) return undefined;
    try {
      return await kindOf(k, fd);
    } finally {
      closeSync(fd);
    }
  } finally {
    closeSync(dir);
  }
}

async function kindOf(k: Kernel, fd: number): Promise<Entry> {
  const stat = fstatSync(fd);
  if (stat.isFile()) return 'file';
  if (stat.isSymbolicLink()) return 'link';
  if (stat.isCharacterDevice() && stat.rdev === 0) return 'whiteout';
  if (!stat.isDirectory()) return 'other';
  for (const name of ['trusted.overlay.opaque', 'user.overlay.opaque']) {
    const value = await tolerate(['ENODATA', 'EOPNOTSUPP'], k.daemon.lgetxattr(`/proc/self/fd/${fd}/.`, name, 8));
    if (value?.toString('latin1') === 'y') return 'opaque';
  }
  return 'directory';
}
