/** What lies at a path inside a running container: its mounts count, and no symbolic link is followed. */
import { readdirSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { tolerate } from '../../runtime/kernel/errors.ts';
import type { Kernel } from '../../runtime/kernel/kernel.ts';
import { statOf } from '../../runtime/kernel/mount/beneath.ts';
import { openHow } from '../../runtime/kernel/mount/place.ts';
import { AT_FDCWD, O, RESOLVE, S_IFDIR, S_IFLNK, S_IFMT, S_IFREG } from '../../runtime/syscalls/constants.ts';

const HOW = RESOLVE.RESOLVE_IN_ROOT | RESOLVE.RESOLVE_NO_SYMLINKS | RESOLVE.RESOLVE_NO_MAGICLINKS;
const ABSENT = ['ENOENT', 'ENOTDIR', 'ELOOP', 'EACCES'] as const;

const types: Record<number, string> = { [S_IFREG]: 'file', [S_IFDIR]: 'directory', [S_IFLNK]: 'link' };

export async function seenAt(
  k: Kernel,
  pid: number,
  path: string,
): Promise<{ type: string; owner: number } | undefined> {
  if (pid <= 0) return undefined;
  const flags = O.O_PATH | O.O_DIRECTORY | O.O_CLOEXEC;
  const root = await tolerate(['ENOENT', 'ESRCH'], k.daemon.openat(AT_FDCWD, `/proc/${pid}/root`, flags, 0));
  if (root === undefined) return undefined;
  try {
    const how = openHow(O.O_PATH | O.O_NOFOLLOW | O.O_CLOEXEC, 0, HOW);
    const fd = await tolerate(ABSENT, k.daemon.openat2(root, path.replace(/^\/+/, '') || '.', how));
    if (fd === undefined) return undefined;
    const { mode, uid } = await statOf(k, fd).finally(() => k.daemon.close(fd));
    return { type: types[mode & S_IFMT] ?? 'other', owner: uid };
  } finally {
    await k.daemon.close(root);
  }
}

/** The number of files of a log, which the shim renames: output.log, output.log.1, … */
export function logFilesOf(path: string): number {
  try {
    return readdirSync(dirname(path)).filter((name) => name === basename(path) || name.startsWith(`${basename(path)}.`))
      .length;
  } catch {
    return 0; // the container has been removed
  }
}
