/**
 * The directory that a layer is unpacked into. No path of the layer can lead out of it.
 *
 * A layer may hold a link `a -> ../..` and then a file `a/etc/passwd`. So the kernel never gets a whole path: the
 * parent is opened below the root with openat2(2), which refuses to leave the root, and the last component is then
 * created relative to that descriptor without following it. Links inside the layer are followed, as in a chroot. A link
 * that climbs above the root is refused.
 */
import { closeSync, constants as fs, readlinkSync, rmSync } from 'node:fs';
import { errnoName, errnoNumber } from '../../kernel/errors.ts';
import { AT, O, RESOLVE } from '../../syscalls/constants.ts';
import { TarError } from './tar-header.ts';
import { call, nameBytes, tryCall } from '../../kernel/native-call.ts';

const DIRECTORY = O.O_DIRECTORY | O.O_CLOEXEC;
/**
 * struct open_how { u64 flags, mode, resolve }: openat2(2). The kernel does not allow IN_ROOT together with BENEATH,
 * which is the stricter one.
 */
const how = (flags: number, resolve: number): Buffer => {
  const bytes = Buffer.alloc(24);
  bytes.writeBigUInt64LE(BigInt(flags), 0);
  bytes.writeBigUInt64LE(BigInt(resolve), 16);
  return bytes;
};
const beneath = how(DIRECTORY, RESOLVE.RESOLVE_BENEATH | RESOLVE.RESOLVE_NO_MAGICLINKS | RESOLVE.RESOLVE_NO_XDEV);
const inRoot = how(DIRECTORY, RESOLVE.RESOLVE_IN_ROOT | RESOLVE.RESOLVE_NO_MAGICLINKS | RESOLVE.RESOLVE_NO_XDEV);
const ENOENT = -errnoNumber('ENOENT');
const EEXIST = -errnoNumber('EEXIST');
const EXDEV = -errnoNumber('EXDEV');
const EISDIR = -errnoNumber('EISDIR');
const ENOTDIR = -errnoNumber('ENOTDIR');
const MOST_OPEN = 128;
const MOST_LINKS = 40;
const MOST_PARTS = 1024;

export const shown = (name: string): string => JSON.stringify(Buffer.from(name, 'latin1').toString().slice(0, 200));
/** A component of the path is not a directory. */
export class NoDirectory extends TarError {}
const escapes = (name: string) => new TarError(`the layer climbs out of its root: ${shown(name)}`);

/** './usr//bin/' → 'usr/bin'; '' is the root itself. Throws TarError when `..` climbs above the root. */
export function cleanPath(name: string): string {
  const parts: string[] = [];
  for (const part of name.split('/')) {
    if (part === '..') {
      if (!parts.pop()) throw escapes(name);
    } else if (part && part !== '.') {
      parts.push(part);
    }
  }
  if (parts.length > MOST_PARTS)
    throw new TarError(`a path of ${parts.length} components in the layer; at most ${MOST_PARTS} are taken`);
  return parts.join('/');
}
export const parentOf = (path: string): string => path.slice(0, Math.max(0, path.lastIndexOf('/')));
export const baseOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1);

export class LayerRoot {
  readonly fd: number;
  /** cleaned path → descriptor, the least recently used first */
  readonly #open = new Map<string, number>();

  /** `at`: its path, or an open descriptor of it */
  constructor(at: string | number) {
    this.fd = typeof at === 'number' ? at : call('openat', -100, at, DIRECTORY | O.O_NOFOLLOW, 0);
  }

  /** A descriptor of the directory at this cleaned path, or -errno. Throws TarError for one that leads out. */
  protected find(path: string): number {
    const fd = tryCall('openat2', this.fd, nameBytes(path), beneath);
    if (fd !== EXDEV) return fd;
    this.#refuseClimbing(path);
    return tryCall('openat2', this.fd, nameBytes(path), inRoot);
  }

  /** Removes the directory `name` with its content. */
  protected clear(fd: number, name: string | Buffer): void {
    const path = Buffer.concat([Buffer.from(`/proc/self/fd/${fd}/`), Buffer.from(name)]);
    rmSync(path, { recursive: true, force: true });
  }

  /**
   * A descriptor of the directory at this cleaned path, valid until the next call. Missing directories are made. Throws
   * TarError.
   */
  directory(path: string): number {
    if (!path) return this.fd;
    const known = this.#open.get(path);
    if (known !== undefined) {
      this.#open.delete(path);
      this.#open.set(path, known);
      return known;
    }
    const fd = this.#resolve(path);
    if (this.#open.size >= MOST_OPEN) this.#forget(this.#open.keys().next().value!);
    this.#open.set(path, fd);
    return fd;
  }

  /** The descriptor of the parent, and the last component. */
  at(path: string): [fd: number, name: string | Buffer] {
    return [this.directory(parentOf(path)), nameBytes(baseOf(path))];
  }

  #resolve(path: string): number {
    let fd = this.find(path);
    if (fd === ENOENT) {
      const [parent, name] = this.at(path);
      const made = tryCall('mkdirat', parent, name, 0o755);
      if (made === EEXIST)
        throw new TarError(
          `the layer climbs out of its root or into nothing: ${shown(path)} is a link that leads to no directory of the layer`,
        );
      fd = made < 0 ? made : tryCall('openat', parent, name, DIRECTORY | O.O_NOFOLLOW, 0);
      // mkdirat(2) has applied the daemon's umask
      if (fd >= 0) call('fchmod', fd, 0o755);
    }
    if (fd === ENOTDIR) throw new NoDirectory(`${shown(path)} is needed as a directory of the layer and is none`);
    if (fd < 0) throw new TarError(`${shown(path)} cannot be opened as a directory of the layer: ${errnoName(-fd)}`);
    return fd;
  }

  /**
   * Throws TarError for a path whose `..`, also in links, goes above the root, because it tries to leave. An absolute
   * link starts again at the root, as in a chroot.
   */
  #refuseClimbing(path: string): void {
    const todo = path.split('/').reverse();
    const done: string[] = [];
    for (let links = 0; todo.length;) {
      const part = todo.pop()!;
      if (!part || part === '.') continue;
      if (part === '..') {
        if (!done.pop()) throw escapes(path);
        continue;
      }
      const target = this.#readlink([...done, part].join('/'));
      if (target === undefined) {
        done.push(part);
        continue;
      }
      if (++links > MOST_LINKS) throw new TarError(`too many links on the way to ${shown(path)}`);
      if (target.startsWith('/')) done.length = 0;
      todo.push(...target.split('/').reverse());
    }
  }

  #readlink(path: string): string | undefined {
    try {
      return readlinkSync(Buffer.from(`/proc/self/fd/${this.fd}/${path}`, 'latin1'), { encoding: 'latin1' });
    } catch {
      return undefined;
    }
  }

  /** Removes the entry at this path, of any type. */
  remove(path: string): void {
    const [fd, name] = this.at(path);
    const ret = tryCall('unlinkat', fd, name, 0);
    if (ret === ENOENT) return;
    if (ret === EISDIR) this.clear(fd, name);
    else if (ret < 0) call('unlinkat', fd, name, 0);
    // cached descriptors may belong to directories below it, or to the target of a link
    this.forgetAll();
  }

  isDirectory(path: string): boolean {
    const [fd, name] = this.at(path);
    const found = tryCall('openat', fd, name, DIRECTORY | O.O_NOFOLLOW | O.O_PATH, 0);
    if (found >= 0) closeSync(found);
    return found >= 0;
  }

  exists(path: string): boolean {
    const [fd, name] = this.at(path);
    return tryCall('faccessat2', fd, name, fs.F_OK, AT.AT_SYMLINK_NOFOLLOW) === 0;
  }

  #forget(path: string): void {
    const fd = this.#open.get(path);
    this.#open.delete(path);
    if (fd !== undefined) closeSync(fd);
  }
  forgetAll(): void {
    for (const path of [...this.#open.keys()]) this.#forget(path);
  }
  close(): void {
    this.forgetAll();
    closeSync(this.fd);
  }
}
