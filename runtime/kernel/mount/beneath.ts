/**
 * Reads a tree that a container filled and may change meanwhile. Each entry is opened by openat2(2) beneath the tree's
 * root, through no symbolic link and no mount. All else is read through that descriptor. Names are bytes.
 */
import { AT_FDCWD, O, RESOLVE, S_IFCHR, S_IFMT, S_IFREG } from '../../syscalls/constants.ts';
import { tolerate } from '../errors.ts';
import type { Kernel } from '../kernel.ts';
import { descriptorPath } from './in-root.ts';
import { openHow } from './place.ts';

const HOW =
  RESOLVE.RESOLVE_BENEATH | RESOLVE.RESOLVE_NO_SYMLINKS | RESOLVE.RESOLVE_NO_MAGICLINKS | RESOLVE.RESOLVE_NO_XDEV;
/** There is no entry of that name, or a part of its path is a link or no directory. */
const ABSENT = ['ENOENT', 'ENOTDIR', 'ELOOP', 'ENAMETOOLONG', 'EXDEV'] as const;
const STATX_SIZE = 256;
const STATX_BASIC_STATS = 0x7ff;
const EMPTY_PATH = 0x1000;
const DIRENTS = 32 * 1024;
const XATTR_ROOM = 64 * 1024;
const PIECE = 64 * 1024;

export interface Stat {
  mode: number;
  uid: number;
  gid: number;
  ino: bigint;
  size: number;
  major: number;
  minor: number;
  mtime: number;
}

/** Opens `path`, relative to the root ('' is the root itself). Undefined when there is none. */
export const openBeneath = (
  k: Kernel,
  root: number,
  path: Buffer,
  flags: number = O.O_PATH,
): Promise<number | undefined> =>
  tolerate(
    ABSENT,
    k.daemon.openat2(root, path.length ? path : '.', openHow(flags | O.O_NOFOLLOW | O.O_CLOEXEC, 0, HOW)),
  );

/** Opens an entry, passes its descriptor to `use`, and closes it afterwards. Undefined when there is none. */
export async function withEntry<T>(
  k: Kernel,
  root: number,
  path: Buffer,
  flags: number,
  use: (fd: number) => Promise<T>,
): Promise<T | undefined> {
  const fd = await openBeneath(k, root, path, flags);
  if (fd === undefined) return undefined;
  try {
    return await use(fd);
  } finally {
    await k.daemon.close(fd);
  }
}

/** The fields of struct statx: statx(2). */
export async function statOf(k: Kernel, fd: number): Promise<Stat> {
  const s = await k.daemon.statx(fd, '', EMPTY_PATH, STATX_BASIC_STATS, STATX_SIZE);
  return {
    uid: s.readUInt32LE(20),
    gid: s.readUInt32LE(24),
    mode: s.readUInt16LE(28),
    ino: s.readBigUInt64LE(32),
    size: Number(s.readBigUInt64LE(40)),
    major: s.readUInt32LE(128),
    minor: s.readUInt32LE(132),
    mtime: Number(s.readBigInt64LE(112)) * 1000,
  };
}

/** A whiteout is a character device 0:0: overlayfs.rst, "whiteouts and opaque directories". */
export const isWhiteout = ({ mode, major, minor }: Stat): boolean =>
  (mode & S_IFMT) === S_IFCHR && major === 0 && minor === 0;

/** The value of an extended attribute; undefined when it is not set or the file system has no attributes. */
export const xattrOf = (k: Kernel, fd: number, name: string): Promise<Buffer | undefined> =>
  tolerate(['ENODATA', 'ENOTSUP', 'EOPNOTSUPP', 'ERANGE'], k.daemon.getxattr(descriptorPath(fd), name, XATTR_ROOM));

/** The target of a symbolic link. */
export const targetOf = (k: Kernel, fd: number): Promise<Buffer> => k.daemon.readlinkat(fd, '', 4096);

/**
 * The first bytes of a regular file, at most `most`. Other files are not opened, because opening a device or a pipe has
 * effects.
 */
export async function bytesOf(k: Kernel, fd: number, most: number): Promise<Buffer> {
  if (((await statOf(k, fd)).mode & S_IFMT) !== S_IFREG) return Buffer.alloc(0);
  const file = await k.daemon.openat(AT_FDCWD, descriptorPath(fd), O.O_NONBLOCK | O.O_CLOEXEC, 0);
  try {
    const parts: Buffer[] = [];
    for (let length = 0; length < most;) {
      const part = await k.daemon.read(file, Math.min(PIECE, most - length));
      if (!part.length) break;
      parts.push(part);
      length += part.length;
    }
    return Buffer.concat(parts);
  } finally {
    await k.daemon.close(file);
  }
}

/** Names of the extended attributes; [] when the file system has none. */
export async function xattrNames(k: Kernel, fd: number): Promise<string[]> {
  const list = await tolerate(['ENOTSUP', 'EOPNOTSUPP', 'ERANGE'], k.daemon.listxattr(descriptorPath(fd), XATTR_ROOM));
  return (list ?? Buffer.alloc(0)).toString('utf8').split('\0').filter(Boolean);
}

/** `type`: DT_* of the directory entry, which are the file type bits of a mode. */
export interface Named {
  name: Buffer;
  type: number;
  isDirectory: boolean;
}
const DT_DIR = 4;
/** Yields the entries of struct linux_dirent64, getdents(2), without . and .. */
export function* entriesOf(bytes: Buffer): Generator<Named> {
  for (let at = 0; at + 19 < bytes.length;) {
    const length = bytes.readUInt16LE(at + 16);
    const name = bytes.subarray(at + 19, bytes.indexOf(0, at + 19));
    if (length < 20) return;
    if (name.toString('latin1') !== '.' && name.toString('latin1') !== '..')
      yield { name, type: bytes[at + 18]!, isDirectory: bytes[at + 18] === DT_DIR };
    at += length;
  }
}

/** Reads an open directory, a piece for each getdents64(2), in the file system's order. */
export async function* piecesOf(k: Kernel, fd: number): AsyncGenerator<Named[]> {
  for (;;) {
    const bytes = await k.daemon.getdents64(fd, DIRENTS);
    if (!bytes.length) return;
    yield [...entriesOf(bytes)];
  }
}

/**
 * The names in a directory. They are read in pieces, so that a directory of a million entries is never in memory as a
 * whole. Yields nothing when the directory does not exist.
 */
export async function* namesIn(k: Kernel, root: number, path: Buffer): AsyncGenerator<Named> {
  const fd = await openBeneath(k, root, path, O.O_DIRECTORY);
  if (fd === undefined) return;
  try {
    for await (const entries of piecesOf(k, fd)) {
      yield* entries;
      await new Promise((resolve) => setImmediate(resolve));
    }
  } finally {
    await k.daemon.close(fd);
  }
}
