/** The meaning of an entry of the upper directory: how it came there, and what it hides. */
import { O, S_IFMT } from '../../syscalls/constants.ts';
import { isWhiteout, statOf, withEntry, xattrOf, type Stat } from '../../kernel/mount/beneath.ts';
import type { FileType, UpperEntry, What } from './upper.ts';
import { isDockerenv } from '../dockerenv.ts';
import { isDirectory, OPAQUE, type Stack } from './stack.ts';

const ORIGIN = 'trusted.overlay.origin';
/**
 * struct ovl_fb (fs/overlayfs/overlayfs.h): version, magic, len, flags, type and 16 bytes of uuid come before the file
 * handle.
 */
const HANDLE_AT = 21;

/** By the file type bits of a mode, which getdents(2) calls DT_*. */
export const fileTypes: Record<number, FileType> = {
  0o10: 'file',
  0o4: 'dir',
  0o12: 'symlink',
  0o2: 'char',
  0o6: 'block',
  0o1: 'fifo',
  0o14: 'socket',
};
export const typeOf = ({ mode }: Stat): FileType => fileTypes[(mode & S_IFMT) >> 12] ?? 'file';
/** For directories and devices the size has no meaning and differs between file systems, so it is 0. */
export const sizeOf = (stat: Stat): number => (['file', 'symlink'].includes(typeOf(stat)) ? stat.size : 0);

/**
 * Whether the file was copied up from the entry with this inode. For each file that it copies up, overlayfs stores a
 * file handle of the origin. The lower file system defines the handle's format, but it contains the inode number. This
 * tells a file that was copied up from one that was moved over the name.
 */
function isFrom(origin: Buffer, { ino }: Stat): boolean {
  if (origin.length <= HANDLE_AT) return true;
  for (let at = HANDLE_AT; at + 4 <= origin.length; at += 4)
    if (origin.readUInt32LE(at) === Number(ino & 0xffffffffn)) return true;
  return false;
}

interface Seen {
  stat: Stat;
  opaque: boolean;
  origin: Buffer | undefined;
}

function whatIs({ stat, opaque, origin }: Seen, below: Stat | undefined): What {
  if (isWhiteout(stat)) return 'whiteout';
  // overlayfs makes every new directory opaque, to save a lookup below. This only matters when a lower has the name.
  if (!below) return 'created';
  if (opaque) return 'opaque';
  if (isDirectory(stat)) return isDirectory(below) ? 'copied-up' : 'replaced';
  return origin && isFrom(origin, below) ? 'copied-up' : 'replaced';
}

/** True for an entry that was made only for mounting: a mount point, or a directory on the way to one. */
function forMount(key: string, { stat }: Seen, mountPoints: ReadonlySet<string>): boolean {
  return mountPoints.has(key) || (isDirectory(stat) && [...mountPoints].some((point) => point.startsWith(`${key}/`)));
}

/** The kind of an entry that the start made; the container itself did not change it. */
function madeByStart(key: string, seen: Seen, mountPoints: ReadonlySet<string>): 'mount-point' | 'mark' | undefined {
  if (isDockerenv(key, seen.stat)) return 'mark';
  return forMount(key, seen, mountPoints) ? 'mount-point' : undefined;
}

/** `key` is the path in the notation of facts. Undefined when upper does not have it. */
export async function upperEntry(
  stack: Stack,
  path: Buffer,
  key: string,
  mountPoints: ReadonlySet<string>,
): Promise<UpperEntry | undefined> {
  const { k, upper } = stack;
  if (!upper) return undefined;
  const seen = await withEntry(k, upper.fd, path, O.O_PATH, async (fd): Promise<Seen> => {
    const stat = await statOf(k, fd);
    const directory = isDirectory(stat);
    return {
      stat,
      opaque: directory && (await xattrOf(k, fd, OPAQUE))?.toString() === 'y',
      origin: directory || isWhiteout(stat) ? undefined : await xattrOf(k, fd, ORIGIN),
    };
  });
  if (!seen) return undefined;
  const { stat } = seen;
  const below = await stack.below(path);
  const what = whatIs(seen, below?.stat);
  const { uid, gid } = stat;
  return {
    what: (what === 'created' && madeByStart(key, seen, mountPoints)) || what,
    type: typeOf(stat),
    mode: stat.mode & 0o7777,
    uid,
    gid,
    size: sizeOf(stat),
    ...(below && { from: below.tree.digest }),
  };
}
