/**
 * Walks a tree of any size, in a worker's thread. It goes by descriptors, so no name is looked up twice and no link is
 * followed. Entries come in the order of getdents64(2). It keeps in memory only the directories above the current one.
 */
import { AT_FDCWD, O } from '../../syscalls/constants.ts';
import { entriesOf } from '../mount/beneath.ts';
import { askCall, tryCall } from '../native-call.ts';

/** The most levels, because each holds a descriptor. Deeper directories are not entered. */
const DEPTH_MOST = 500;
const DIRENTS = 32 * 1024;
const TURN = 256;
const SLASH = Buffer.from('/');
const AT_SYMLINK_NOFOLLOW = 0x100;
const STATX_BASIC_STATS = 0x7ff;
const FOUND = O.O_DIRECTORY | O.O_NOFOLLOW | O.O_CLOEXEC;

/** `path` is relative to the root and begins with '/'; that of the root is ''. `name` is its last part, as bytes. */
export interface Directory {
  readonly fd: number;
  readonly name: Buffer;
  readonly path: string;
  readonly parent: Directory | undefined;
}
/** `type`: DT_* of readdir(3) */
export interface Found {
  readonly name: Buffer;
  readonly path: string;
  readonly type: number;
  readonly in: Directory;
}
export interface Visit {
  entry(found: Found): void | Promise<void>;
  /** Whether the directory is passed by; absent: none is. */
  skip?(found: Found): boolean;
  /** called before the first and after the last entry of a directory */
  enter?(directory: Directory, name: Buffer): void | Promise<void>;
  leave?(directory: Directory): void;
}
export const DT = { character: 2, directory: 4, file: 8 } as const;

/** The path of an entry as bytes, without a '/' before it. */
export function bytesOfPath(directory: Directory, name: Buffer): Buffer {
  const parts = [name];
  for (let at = directory; at.parent; at = at.parent) parts.unshift(at.name, SLASH);
  return Buffer.concat(parts);
}

/** Undefined when there is no such entry. */
export function statAt(fd: number, name: Buffer): { mode: number; size: number; device: number } | undefined {
  const { ret, bytes } = askCall('statx', fd, name, AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS, 256);
  if (ret < 0 || bytes.length < 136) return undefined;
  return {
    mode: bytes.readUInt16LE(28),
    size: Number(bytes.readBigUInt64LE(40)),
    device: bytes.readUInt32LE(128) | bytes.readUInt32LE(132),
  };
}

/** A descriptor of the directory; undefined when there is none of that name. */
export function directoryAt(fd: number, name: string | Buffer): number | undefined {
  const found = tryCall('openat', fd, name, FOUND, 0);
  return found < 0 ? undefined : found;
}

async function through(directory: Directory, depth: number, visit: Visit, turns: { left: number }): Promise<void> {
  for (;;) {
    const { ret, bytes } = askCall('getdents64', directory.fd, DIRENTS);
    if (ret <= 0) return;
    // a copy, because the names are still used after the next getdents64(2) fills the buffer
    for (const { name, type } of entriesOf(Buffer.from(bytes))) {
      const found: Found = { name, type, path: `${directory.path}/${name.toString('utf8')}`, in: directory };
      const taken = visit.entry(found);
      if (taken) await taken;
      if (--turns.left < 0) {
        turns.left = TURN;
        await new Promise((resolve) => setImmediate(resolve));
      }
      if (type === DT.directory && depth < DEPTH_MOST && !visit.skip?.(found))
        await into(directoryAt(directory.fd, name), found.path, directory, name, depth + 1, visit, turns);
    }
  }
}

async function into(
  fd: number | undefined,
  path: string,
  parent: Directory | undefined,
  name: Buffer,
  depth: number,
  visit: Visit,
  turns: { left: number },
): Promise<void> {
  if (fd === undefined) return;
  const directory: Directory = { fd, path, parent, name };
  try {
    const entered = visit.enter?.(directory, name);
    if (entered) await entered;
    await through(directory, depth, visit, turns);
  } finally {
    visit.leave?.(directory);
    tryCall('close', fd);
  }
}

/** Walks the tree at `root`. When there is none, nothing is visited. */
export const walkTree = (root: string, visit: Visit): Promise<void> =>
  into(directoryAt(AT_FDCWD, root), '', undefined, Buffer.alloc(0), 0, visit, { left: TURN });
