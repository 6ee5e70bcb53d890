/** Reads one entry of a tree, in a worker's thread: statx(2), getdents64(2), xattr(7). No link is followed. */
import { entriesOf, type Named } from '../mount/beneath.ts';
import { S_IFDIR, S_IFMT } from '../../syscalls/constants.ts';
import { errnoNumber, SyscallError } from '../errors.ts';
import { askCall, tryCall } from '../native-call.ts';

const AT_SYMLINK_NOFOLLOW = 0x100;
const AT_EMPTY_PATH = 0x1000;
const STATX_BASIC_STATS = 0x7ff;
const STATX_SIZE = 256;
const DIRENTS = 32 * 1024;
const XATTR_ROOM = 64 * 1024;
const GONE = new Set(['ENOENT', 'ENOTDIR', 'ENAMETOOLONG'].map((code) => -errnoNumber(code)));
/** The file system has no extended attributes, or they may not be read. */
const NO_XATTRS = new Set(['EOPNOTSUPP', 'ENODATA', 'EPERM', 'EACCES', 'ELOOP'].map((code) => -errnoNumber(code)));

export interface FileStat {
  mode: number;
  nlink: number;
  uid: number;
  gid: number;
  ino: bigint;
  size: number;
  /** in units of 512 bytes */
  blocks: number;
  mtime: { sec: number; nsec: number };
  /** of a device file */
  rdev: { major: number; minor: number };
  /** the file system; together with `ino` it is the same for all names of one file */
  dev: number;
}

export const isDirectory = ({ mode }: FileStat): boolean => (mode & S_IFMT) === S_IFDIR;

/** The stat of an entry; with an empty name that of the descriptor. Undefined when there is no such entry. */
export function fileStat(fd: number, name: string | Buffer): FileStat | undefined {
  const { ret, bytes: s } = askCall(
    'statx',
    fd,
    name,
    AT_SYMLINK_NOFOLLOW | (name.length ? 0 : AT_EMPTY_PATH),
    STATX_BASIC_STATS,
    STATX_SIZE,
  );
  if (GONE.has(ret)) return undefined;
  if (ret < 0) throw new SyscallError('statx', -ret, `statx(${fd}, ${JSON.stringify(name.toString())})`, 'daemon');
  return {
    nlink: s.readUInt32LE(16),
    uid: s.readUInt32LE(20),
    gid: s.readUInt32LE(24),
    mode: s.readUInt16LE(28),
    ino: s.readBigUInt64LE(32),
    size: Number(s.readBigUInt64LE(40)),
    blocks: Number(s.readBigUInt64LE(48)),
    mtime: { sec: Number(s.readBigInt64LE(112)), nsec: s.readUInt32LE(120) },
    rdev: { major: s.readUInt32LE(128), minor: s.readUInt32LE(132) },
    dev: s.readUInt32LE(136) * 2 ** 20 + s.readUInt32LE(140),
  };
}

/** Yields the names in an open directory, in the file system's order, from where the last read ended. */
export function* namesOf(fd: number): Generator<Named> {
  for (;;) {
    const { ret, bytes } = askCall('getdents64', fd, DIRENTS);
    if (ret < 0) throw new SyscallError('getdents64', -ret, `getdents64(${fd})`, 'daemon');
    if (ret === 0) return;
    // a copy, because the next call fills the same buffer
    yield* entriesOf(Buffer.from(bytes));
  }
}

/**
 * Names and values, of a path or of an open file. The path may be /proc/self/fd/N of an O_PATH descriptor. [] if the
 * file system has none.
 */
export function xattrsOf(file: string | Buffer | number): [name: string, value: Buffer][] {
  const open = typeof file === 'number';
  const { ret, bytes } = open ? askCall('flistxattr', file, XATTR_ROOM) : askCall('listxattr', file, XATTR_ROOM);
  if (NO_XATTRS.has(ret) || ret === 0) return [];
  if (ret < 0) throw new SyscallError('listxattr', -ret, `listxattr(${file.toString()})`, 'daemon');
  const names = bytes.toString('utf8').split('\0').filter(Boolean);
  return names.flatMap((name): [string, Buffer][] => {
    const value = open ? askCall('fgetxattr', file, name, XATTR_ROOM) : askCall('getxattr', file, name, XATTR_ROOM);
    return value.ret < 0 ? [] : [[name, Buffer.from(value.bytes)]];
  });
}

/** dev_t for mknod(2): 12 bits of major and 20 of minor number, arranged as in makedev(3). */
export const deviceNumber = (major: number, minor: number): number =>
  (minor & 0xff) | (major << 8) | ((minor & 0xfff00) << 12);

/** struct timespec[2] for utimensat(2): access and modification time are equal, as in docker. */
export function timespecs(time: { sec: number; nsec: number }): Buffer {
  const bytes = Buffer.alloc(32);
  for (const at of [0, 16]) {
    bytes.writeBigInt64LE(BigInt(time.sec), at);
    bytes.writeBigInt64LE(BigInt(time.nsec), at + 8);
  }
  return bytes;
}

/** Opens a directory for reading. Undefined when there is none of that name. */
export function openDirectory(fd: number, name: string | Buffer, flags: number): number | undefined {
  const found = tryCall('openat', fd, name, flags, 0);
  if (GONE.has(found) || found === -errnoNumber('ELOOP')) return undefined;
  if (found < 0)
    throw new SyscallError('openat', -found, `openat(${fd}, ${JSON.stringify(name.toString())})`, 'daemon');
  return found;
}
