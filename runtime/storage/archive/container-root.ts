/**
 * Paths of a container that may change its files at any moment. The kernel resolves each of them once, with the
 * container's root as /, so that neither `..` nor a link leads out of it. Mounts in the container are crossed.
 */
import { closeSync } from 'node:fs';
import { O } from '../../syscalls/constants.ts';
import { errnoNumber, SyscallError } from '../../kernel/errors.ts';
import { IN_ROOT, openHow } from '../../kernel/mount/place.ts';
import { askCall, tryCall } from '../../kernel/native-call.ts';
import { namesOf } from '../../kernel/tree/file-stat.ts';

const EAGAIN = -errnoNumber('EAGAIN');
/** openat2(2), "EAGAIN": something was renamed while the kernel resolved `..`. */
const TRIES = 32;
const PATH_MAX = 4096;

/** A descriptor of the path, or -errno. */
export function tryOpenIn(root: number, path: string | Buffer, flags: number): number {
  const how = openHow(flags | O.O_CLOEXEC, 0, IN_ROOT);
  let fd = EAGAIN;
  for (let tries = 0; fd === EAGAIN && tries < TRIES; tries++) fd = tryCall('openat2', root, path, how);
  return fd;
}

/** Throws SyscallError. */
export function openIn(root: number, path: string, flags: number): number {
  const fd = tryOpenIn(root, path, flags);
  if (fd < 0) throw new SyscallError('openat2', -fd, `openat2(${JSON.stringify(path)})`, 'daemon');
  return fd;
}

/**
 * The path of an open file in the container: proc(5), /proc/pid/fd. `prefix` is the path of the container's root in its
 * mount namespace; '' after pivot_root(2).
 */
export function pathOf(fd: number, prefix: string): string {
  const { ret, bytes } = askCall('readlinkat', -100, `/proc/self/fd/${fd}`, PATH_MAX);
  const path = ret < 0 ? '/' : Buffer.from(bytes).toString('utf8');
  return (path.startsWith(`${prefix}/`) || path === prefix ? path.slice(prefix.length) : path) || '/';
}

const DIRECTORY = O.O_DIRECTORY | O.O_NOFOLLOW | O.O_CLOEXEC;
const AT_REMOVEDIR = 0x200;
const GONE = -errnoNumber('ENOENT');
const [EISDIR, EPERM] = [-errnoNumber('EISDIR'), -errnoNumber('EPERM')];

/** rm -r of one entry by descriptors alone: a directory that is exchanged for a link meanwhile is not followed. */
export function removeIn(parent: number, name: string | Buffer): void {
  const ret = tryCall('unlinkat', parent, name, 0);
  if (ret >= 0 || ret === GONE) return;
  if (ret !== EISDIR && ret !== EPERM) throw failed('unlinkat', ret, name);
  const fd = tryCall('openat', parent, name, DIRECTORY, 0);
  if (fd === GONE) return;
  if (fd < 0) throw failed('openat', fd, name);
  try {
    for (const { name: inside } of [...namesOf(fd)]) removeIn(fd, inside);
  } finally {
    closeSync(fd);
  }
  const removed = tryCall('unlinkat', parent, name, AT_REMOVEDIR);
  if (removed < 0 && removed !== GONE) throw failed('unlinkat', removed, name);
}
const failed = (call: string, ret: number, name: string | Buffer) =>
  new SyscallError(call, -ret, `${call}(${JSON.stringify(name.toString())})`, 'daemon');
