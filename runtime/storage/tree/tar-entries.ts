/**
 * Writes entries of open directories into a tar archive. A container may change its files at the same time. So each
 * entry is opened with O_PATH, which has no effect on it, and all questions go to that descriptor. As in GNU tar, a
 * file that becomes shorter is filled with zeros, and one that becomes longer is cut.
 */
import { closeSync, readSync } from 'node:fs';
import { AT_FDCWD, O, S_IFBLK, S_IFCHR, S_IFDIR, S_IFIFO, S_IFLNK, S_IFMT, S_IFREG } from '../../syscalls/constants.ts';
import { errnoNumber } from '../../kernel/errors.ts';
import { descriptorPath } from '../../kernel/mount/in-root.ts';
import { askCall, call, tryCall } from '../../kernel/native-call.ts';
import { fileStat, type FileStat, xattrsOf } from '../../kernel/tree/file-stat.ts';
import { OPAQUE_MARK, WHITEOUT } from '../../image/layer/whiteout-names.ts';
import type { Emit, TarEntry } from '../../image/layer/tar-writer.ts';
import { TarWriter } from '../../image/layer/tar-writer.ts';
import { keptXattrs } from '../../image/layer/xattr.ts';
import { segmentsOf } from './copy-data.ts';

const LOOK = O.O_PATH | O.O_NOFOLLOW | O.O_CLOEXEC;
const READ = O.O_NONBLOCK | O.O_CLOEXEC;
const ENOENT = -errnoNumber('ENOENT');
const PATH_MAX = 4096;
const PIECE = 256 * 1024;
const BLOCK = 512;
/**
 * In bytes: holes of at least this size in total are left out of the archive. OCI image spec, "Sparse Files", advises
 * against this, because not all readers support it, but a file of gigabytes without data needs it.
 */
const HOLES_LEAST = 1 << 20;

/** A socket has no entry here, because no archive holds sockets. */
const types: Readonly<Record<number, string>> = {
  [S_IFREG]: '0',
  [S_IFLNK]: '2',
  [S_IFCHR]: '3',
  [S_IFBLK]: '4',
  [S_IFDIR]: '5',
  [S_IFIFO]: '6',
};

function addXattrs(entry: TarEntry, file: string | number): void {
  const found = xattrsOf(file);
  const xattrs = found.length ? keptXattrs(new Map(found)) : [];
  if (xattrs.length) entry.xattrs = xattrs;
}

export class TarEntries {
  readonly #tar: TarWriter;
  readonly #piece = Buffer.allocUnsafeSlow(PIECE);
  /** a file with several names → the name that has its data, and how many names are still to come */
  readonly #links = new Map<string, { name: Buffer; left: number }>();

  /** Instead of its own: `permissions` of every entry but a symbolic link, `owner` of every entry. */
  constructor(
    emit: Emit,
    private readonly permissions?: number,
    private readonly owner?: { uid: number; gid: number },
  ) {
    this.#tar = new TarWriter(emit);
  }

  end = (): Promise<void> => this.#tar.end();

  /**
   * Adds the entry `name` of the directory `fd` as `path`. Resolves with what it is. An entry that no longer exists is
   * left out.
   */
  async add(fd: number, name: Buffer, path: Buffer): Promise<FileStat | undefined> {
    const found = tryCall('openat', fd, name, LOOK, 0);
    if (found === ENOENT) return undefined;
    if (found < 0) call('openat', fd, name, LOOK, 0);
    try {
      const stat = fileStat(found, '');
      const type = stat && types[stat.mode & S_IFMT];
      if (stat && type) await this.#add(found, path, type, stat);
      return stat;
    } finally {
      closeSync(found);
    }
  }

  async #add(fd: number, path: Buffer, type: string, stat: FileStat): Promise<void> {
    const { mtime, rdev } = stat;
    const { uid, gid } = this.owner ?? stat;
    const mode = type === '2' ? stat.mode : (this.permissions ?? stat.mode);
    const entry: TarEntry = { type, name: path, mode, uid, gid, size: 0, mtime };
    const first = type === '5' ? undefined : this.#linked(stat, path);
    if (type === '0' && stat.size && !first) return this.#file(fd, entry, stat);
    // A hard link gets the attributes too: dockerd changes the owner of each name that it makes, which removes
    // capabilities.
    addXattrs(entry, descriptorPath(fd));
    if (first) return void (await this.#tar.entry({ ...entry, type: '1', linkname: first }));
    if (type === '2') entry.linkname = this.#target(fd);
    if (type === '3' || type === '4') entry.device = rdev;
    await this.#tar.entry(entry);
  }

  /** The name that the same file already has in the archive. */
  #linked({ dev, ino, nlink }: FileStat, name: Buffer): Buffer | undefined {
    if (nlink < 2) return undefined;
    const key = `${dev}:${ino}`;
    const first = this.#links.get(key);
    if (!first) this.#links.set(key, { name, left: nlink - 1 });
    else if (!--first.left) this.#links.delete(key);
    return first?.name;
  }

  #target(fd: number): Buffer {
    const { ret, bytes } = askCall('readlinkat', fd, '', PATH_MAX);
    if (ret < 0) call('readlinkat', fd, '', PATH_MAX);
    return Buffer.from(bytes);
  }

  async #file(fd: number, entry: TarEntry, { size, blocks }: FileStat): Promise<void> {
    const file = call('openat', AT_FDCWD, descriptorPath(fd), READ, 0);
    try {
      addXattrs(entry, file);
      const sparse = size - blocks * BLOCK >= HOLES_LEAST ? [...segmentsOf(file, size)] : undefined;
      await this.#tar.entry({ ...entry, size, ...(sparse && { sparse: { realSize: size, segments: sparse } }) });
      for (const [offset, length] of sparse ?? [[0, size] as const]) await this.#bytes(file, offset, length);
    } finally {
      closeSync(file);
    }
  }

  async #bytes(file: number, offset: number, length: number): Promise<void> {
    for (let done = 0; done < length;) {
      const wanted = Math.min(PIECE, length - done);
      const piece = this.#piece;
      const read = readSync(file, piece, 0, wanted, offset + done);
      if (!read) piece.fill(0, 0, wanted);
      const part = piece.subarray(0, read || wanted);
      await this.#tar.data(part);
      done += part.length;
    }
  }

  /** Adds a directory that is no entry of a file system: root's, if no owner is given, and with mode 755. */
  async directory(name: Buffer): Promise<void> {
    const mtime = { sec: Math.floor(Date.now() / 1000), nsec: 0 };
    const { uid, gid } = this.owner ?? { uid: 0, gid: 0 };
    await this.#tar.entry({ type: '5', name, mode: 0o755, uid, gid, size: 0, mtime });
  }

  /** Adds a whiteout, `.wh.NAME`. Its time is always the same, so that equal changes make equal archives. */
  whiteout = (directory: Buffer, name: Buffer): Promise<void> =>
    this.#mark(directory, Buffer.concat([Buffer.from(WHITEOUT), name]));

  /** Marks the directory as opaque: entries of the layers below are hidden in it. */
  opaque = (directory: Buffer): Promise<void> => this.#mark(directory, Buffer.from(OPAQUE_MARK));

  async #mark(directory: Buffer, mark: Buffer): Promise<void> {
    const name = directory.length ? Buffer.concat([directory, Buffer.from('/'), mark]) : mark;
    await this.#tar.entry({ type: '0', name, mode: 0o600, uid: 0, gid: 0, size: 0, mtime: { sec: 0, nsec: 0 } });
  }
}
