/**
 * Creates the entries of a layer's tar in a directory that overlayfs can use as a lowerdir. OCI image spec, "Image
 * Layer Filesystem Changeset"; overlayfs.rst, "whiteouts and opaque directories".
 */
import { closeSync, writeSync } from 'node:fs';
import { AT, O, S_IFBLK, S_IFCHR, S_IFIFO, S_IFREG } from '../../syscalls/constants.ts';
import { errnoName } from '../../kernel/errors.ts';
import { deviceNumber, timespecs } from '../../kernel/tree/file-stat.ts';
import { baseOf, cleanPath, LayerRoot, NoDirectory, parentOf, shown } from './layer-root.ts';
import { call, nameBytes, tryCall } from '../../kernel/native-call.ts';
import { TarError, type Time } from './tar-header.ts';
import type { Entry, Sink } from './tar-reader.ts';
import { OPAQUE_MARK, WHITEOUT } from './whiteout-names.ts';
import { keptXattrs, OPAQUE } from './xattr.ts';

/**
 * How a layer's directory marks what the layer removes: in overlayfs's form (a character device 0:0, an extended
 * attribute), or with the archive's own files, for a driver that merges the layers itself.
 */
export type Whiteouts = 'overlayfs' | 'files';
const MOST_ENTRIES = 4_000_000;
/** How many bytes the names of whiteouts may take in memory, and what each name costs besides its characters. */
const MOST_HIDDEN = 64 * 2 ** 20;
const NAME_COST = 64;
const NOFOLLOW = AT.AT_SYMLINK_NOFOLLOW;

/** Returns `id`, or throws TarError. chown(2) would take -1 as "leave it unchanged". */
function owner(id: number): number {
  if (id < 0 || id > 0xfffffffe) throw new TarError(`the layer names the owner ${id}, which is no uid or gid`);
  return id;
}

export class LayerWriter implements Sink {
  readonly #root: LayerRoot;
  /**
   * Hidden names and opaque directories. They concern only the layers below and are made last: an entry of this layer
   * with such a name stays, whether it comes before or after the whiteout.
   */
  readonly #whiteouts = new Set<string>();
  readonly #opaques = new Set<string>();
  #hiddenBytes = 0;
  readonly #directories = new Map<string, Time>();
  #file: { fd: number; entry: Entry; position: number; segment: number; used: number } | undefined;
  /** bytes of the files, and number of entries */
  size = 0;
  entries = 0;

  /** `plain`: names of whiteouts mean nothing, and are files like all others */
  constructor(
    root: string | LayerRoot,
    private readonly whiteouts: Whiteouts | 'plain' = 'overlayfs',
  ) {
    this.#root = typeof root === 'string' ? new LayerRoot(root) : root;
  }

  entry(entry: Entry): void {
    if (++this.entries > MOST_ENTRIES) throw new TarError(`a layer with more than ${MOST_ENTRIES} entries`);
    const path = cleanPath(entry.name);
    const base = baseOf(path);
    if (this.whiteouts !== 'plain' && base.startsWith(WHITEOUT)) return this.#whiteout(path, base);
    const make = this.#makers[entry.type];
    if (make) return make(path, entry);
    // POSIX: an unknown type is a regular file. The types of GNU and Solaris that mean something else do not belong
    // into layers.
    if (/[A-Z]/.test(entry.type))
      throw new TarError(
        `${shown(entry.name)} has the tar type ${JSON.stringify(entry.type)}, which no layer may hold`,
      );
    this.#regular(path, entry);
  }

  readonly #makers: Record<string, (path: string, entry: Entry) => void> = {
    '0': (path, entry) => this.#regular(path, entry),
    '1': (path, entry) => this.#link(path, entry),
    '2': (path, entry) =>
      this.#special(path, entry, (fd, name) => tryCall('symlinkat', nameBytes(entry.linkname), fd, name)),
    '3': (path, entry) => this.#node(path, entry, S_IFCHR),
    '4': (path, entry) => this.#node(path, entry, S_IFBLK),
    '5': (path, entry) => this.#directory(path, entry),
    '6': (path, entry) => this.#node(path, entry, S_IFIFO),
  };

  /** Creates an entry at the path, after removing what was there. */
  #place(path: string, make: (fd: number, name: string | Buffer) => number): number {
    if (!path) throw new TarError('the layer says that its root is no directory');
    let ret = make(...this.#root.at(path));
    if (ret < 0 && errnoName(-ret) === 'EEXIST') {
      this.#root.remove(path);
      this.#directories.delete(path);
      ret = make(...this.#root.at(path));
    }
    if (ret < 0) throw new TarError(`${shown(path)} could not be made: ${errnoName(-ret)}`);
    return ret;
  }

  #regular(path: string, entry: Entry): void {
    const flags = O.O_WRONLY | O.O_CREAT | O.O_EXCL | O.O_NOFOLLOW | O.O_CLOEXEC;
    const fd = this.#place(path, (dir, name) => tryCall('openat', dir, name, flags, 0o600));
    this.#file = { fd, entry, position: 0, segment: 0, used: 0 };
  }

  data(bytes: Buffer): void {
    const file = this.#file;
    if (!file) return; // the data of a whiteout, whose name says everything
    this.size += bytes.length;
    if (!file.entry.sparse) return writeAll(file.fd, bytes);
    for (let rest = bytes; rest.length;) {
      const [offset, length] = file.entry.sparse.segments[file.segment]!;
      const part = rest.subarray(0, length - file.used);
      writeAll(file.fd, part, offset + file.used);
      file.used += part.length;
      rest = rest.subarray(part.length);
      while (file.used === file.entry.sparse.segments[file.segment]?.[1]) {
        file.segment++;
        file.used = 0;
      }
    }
  }

  close(): void {
    if (!this.#file) return;
    const { fd, entry } = this.#file;
    this.#file = undefined;
    try {
      if (entry.sparse) call('ftruncate', fd, entry.sparse.realSize);
      this.#attributes(fd, entry);
      call('utimensat', fd, null, timespecs(entry.mtime), 0);
    } finally {
      closeSync(fd);
    }
  }

  /** Sets the owner first, because chown(2) clears set-user-ID bits and capabilities. */
  #attributes(fd: number, entry: Entry): void {
    call('fchownat', fd, '', owner(entry.uid), owner(entry.gid), AT.AT_EMPTY_PATH);
    call('fchmod', fd, entry.mode);
    for (const [name, value] of keptXattrs(entry.xattrs)) {
      const ret = tryCall('fsetxattr', fd, name, value, 0);
      if (ret < 0 && errnoName(-ret) !== 'EOPNOTSUPP') call('fsetxattr', fd, name, value, 0);
    }
  }

  #directory(path: string, entry: Entry): void {
    if (path && !this.#root.isDirectory(path)) {
      this.#place(path, (fd, name) => tryCall('mkdirat', fd, name, 0o755));
    }
    this.#attributes(this.#root.directory(path), entry);
    // set at the end, because each file that is created in the directory changes its time
    this.#directories.set(path, entry.mtime);
  }

  #link(path: string, entry: Entry): void {
    const target = cleanPath(entry.linkname);
    if (target === path) throw new TarError(`${shown(path)} is a link to itself`);
    const ret = this.#tryLink(path, target);
    if (ret < 0)
      throw new TarError(
        `${shown(path)} cannot be linked to ${shown(target)}, which must come before it in the same layer: ${errnoName(-ret)}`,
      );
  }
  #tryLink(path: string, target: string): number {
    if (!this.#root.exists(target)) return -2;
    return this.#place(path, (fd, name) => tryCall('linkat', ...this.#root.at(target), fd, name, 0));
  }

  #special(path: string, entry: Entry, make: (fd: number, name: string | Buffer) => number): void {
    this.#place(path, make);
    const [fd, name] = this.#root.at(path);
    call('fchownat', fd, name, owner(entry.uid), owner(entry.gid), NOFOLLOW);
    if (entry.type !== '2') call('fchmodat', fd, name, entry.mode);
    call('utimensat', fd, name, timespecs(entry.mtime), NOFOLLOW);
  }
  #node(path: string, entry: Entry, kind: number): void {
    const { devmajor, devminor } = entry;
    if (devmajor < 0 || devmajor > 0xfff || devminor < 0 || devminor > 0xfffff)
      throw new TarError(`${shown(path)} is device ${devmajor}:${devminor}, which is out of range`);
    this.#special(path, entry, (fd, name) =>
      tryCall('mknodat', fd, name, kind | 0o600, deviceNumber(devmajor, devminor)),
    );
  }

  #whiteout(path: string, base: string): void {
    if (base === OPAQUE_MARK) return this.#remember(this.#opaques, parentOf(path));
    // metadata of aufs itself
    if (base.startsWith(WHITEOUT + WHITEOUT)) return;
    const name = base.slice(WHITEOUT.length);
    if (!name || name === '.' || name === '..') throw new TarError(`${shown(path)} takes away no name`);
    this.#remember(this.#whiteouts, parentOf(path) ? `${parentOf(path)}/${name}` : name);
  }
  #remember(set: Set<string>, path: string): void {
    if (set.has(path)) return;
    set.add(path);
    this.#hiddenBytes += path.length + NAME_COST;
    if (this.#hiddenBytes > MOST_HIDDEN)
      throw new TarError(
        `the layer takes away ${this.#whiteouts.size + this.#opaques.size} names: more than can be kept in mind`,
      );
  }

  #opaque(path: string): void {
    if (this.whiteouts === 'files') this.#mark(path, OPAQUE_MARK);
    else call('fsetxattr', this.#root.directory(path), OPAQUE, Buffer.from('y'), 0);
  }
  #hide(path: string): void {
    if (this.#root.isDirectory(path)) this.#opaque(path);
    else if (this.#root.exists(path)) return;
    else if (this.whiteouts === 'files') this.#mark(parentOf(path), `${WHITEOUT}${baseOf(path)}`);
    else this.#place(path, (fd, name) => tryCall('mknodat', fd, name, S_IFCHR, 0));
  }
  #mark(directory: string, name: string): void {
    this.#place(directory ? `${directory}/${name}` : name, (fd, base) => tryCall('mknodat', fd, base, S_IFREG, 0));
  }
  /** Skips a path below a file: nothing can be hidden there, and the file already hides a directory of its name. */
  #unlessFile(hide: () => void): void {
    try {
      hide();
    } catch (error) {
      if (!(error instanceof NoDirectory)) throw error;
    }
  }

  /** Makes the whiteouts, and then sets the times of the directories, because nothing more is created in them. */
  finish(): void {
    for (const path of this.#opaques) this.#unlessFile(() => this.#opaque(path));
    // Paths below a name come before the name itself: a directory that is made for them then becomes opaque.
    for (const path of [...this.#whiteouts].sort().reverse()) this.#unlessFile(() => this.#hide(path));
    for (const [path, time] of this.#directories) {
      if (!path || this.#root.isDirectory(path))
        call('utimensat', this.#root.directory(path), null, timespecs(time), 0);
    }
  }

  dispose(): void {
    if (this.#file) closeSync(this.#file.fd);
    this.#root.close();
  }
}

function writeAll(fd: number, bytes: Buffer, at?: number): void {
  for (let done = 0; done < bytes.length;)
    done += writeSync(fd, bytes, done, bytes.length - done, at === undefined ? null : at + done);
}
