/**
 * Copies one entry into another directory, with its owner, mode, times and extended attributes. No link is followed.
 */
import { closeSync } from 'node:fs';
import { AT, O, S_IFLNK, S_IFMT, S_IFREG, S_IFSOCK } from '../../syscalls/constants.ts';
import { errnoName } from '../../kernel/errors.ts';
import { descriptorPath } from '../../kernel/mount/in-root.ts';
import { askCall, call, tryCall } from '../../kernel/native-call.ts';
import { deviceNumber, type FileStat, timespecs, xattrsOf } from '../../kernel/tree/file-stat.ts';
import { copyData } from './copy-data.ts';

const NOFOLLOW = AT.AT_SYMLINK_NOFOLLOW;
const READ = O.O_NOFOLLOW | O.O_NONBLOCK | O.O_CLOEXEC;
const MAKE = O.O_WRONLY | O.O_CREAT | O.O_EXCL | O.O_NOFOLLOW | O.O_CLOEXEC;
const PATH_MAX = 4096;
/**
 * Attributes that are not copied: the host's policy labels new files itself, and those of overlayfs concern another
 * tree.
 */
const left = (name: string) => name === 'security.selinux' || name.startsWith('trusted.overlay.');
/** The file system does not support the attribute. */
const UNKNOWN = ['EOPNOTSUPP', 'ENOTSUP'];

/** Copies from the entry at `path` to the descriptor `fd`. */
function copyXattrs(path: string, fd: number): void {
  for (const [name, value] of xattrsOf(path)) {
    if (left(name)) continue;
    const ret = tryCall('fsetxattr', fd, name, value, 0);
    if (ret < 0 && !UNKNOWN.includes(errnoName(-ret))) call('fsetxattr', fd, name, value, 0);
  }
}

/** Sets the owner first, because chown(2) clears set-user-ID bits and capabilities. */
export function copyAttributes(from: number, to: number, stat: FileStat): void {
  call('fchownat', to, '', stat.uid, stat.gid, AT.AT_EMPTY_PATH);
  call('fchmod', to, stat.mode & 0o7777);
  copyXattrs(descriptorPath(from), to);
}

export const setTimes = (fd: number, stat: FileStat): void =>
  void call('utimensat', fd, null, timespecs(stat.mtime), 0);

function copyFile(from: number, to: number, name: Buffer, stat: FileStat): void {
  const source = call('openat', from, name, READ, 0);
  try {
    const target = call('openat', to, name, MAKE, 0o600);
    try {
      copyData(source, target, stat.size);
      copyAttributes(source, target, stat);
      setTimes(target, stat);
    } finally {
      closeSync(target);
    }
  } finally {
    closeSync(source);
  }
}

function makeSpecial(from: number, to: number, name: Buffer, stat: FileStat): void {
  const type = stat.mode & S_IFMT;
  if (type === S_IFLNK) {
    const { ret, bytes } = askCall('readlinkat', from, name, PATH_MAX);
    if (ret < 0) call('readlinkat', from, name, PATH_MAX);
    call('symlinkat', Buffer.from(bytes), to, name);
  } else {
    const { major, minor } = stat.rdev;
    call('mknodat', to, name, type | 0o600, deviceNumber(major, minor));
  }
  call('fchownat', to, name, stat.uid, stat.gid, NOFOLLOW);
  if (type !== S_IFLNK) call('fchmodat', to, name, stat.mode & 0o7777);
  call('utimensat', to, name, timespecs(stat.mtime), NOFOLLOW);
}

/**
 * `stat` describes the entry `name` in the directory `from`, which must not be a directory; `to` must not have the
 * name. A socket is left out, because no process listens on a copy of it.
 */
export function copyEntry(from: number, to: number, name: Buffer, stat: FileStat): void {
  const type = stat.mode & S_IFMT;
  if (type === S_IFREG) copyFile(from, to, name, stat);
  else if (type !== S_IFSOCK) makeSpecial(from, to, name, stat);
}
