/** Unpacks an archive into a directory of a container, for `docker cp` into it. */
import { closeSync, fstatSync, readFileSync } from 'node:fs';
import { Socket } from 'node:net';
import { O } from '../../syscalls/constants.ts';
import { LayerRoot, cleanPath } from '../../image/layer/layer-root.ts';
import { LayerWriter } from '../../image/layer/layer-writer.ts';
import { unpacked } from '../../image/layer/decompress-stream.ts';
import { TarReader, type Entry, type Sink } from '../../image/layer/tar-reader.ts';
import { fileStat, isDirectory } from '../../kernel/tree/file-stat.ts';
import { resolveUser } from '../../oci/user.ts';
import { openIn, pathOf, removeIn, tryOpenIn } from './container-root.ts';
import type { PathInput } from './path-stat.ts';

export interface WriteInput extends Target {
  /** the worker's end of a stream socket, from which the archive comes; it is closed here */
  body: number;
}
export interface Target {
  /** a descriptor of the container's root */
  root: number;
  /** the directory in the container */
  path: string;
  /** refuse to replace a directory by another kind of file, and the other way round */
  keepsKinds: boolean;
  /** the owner of everything, instead of the archive's: 'name', '1:2', … as in the container's passwd(5) */
  user?: string;
  /** the first part of the entries' names, and what it becomes; an empty `from` puts all entries below `to` */
  rename?: { from: string; to: string };
}
export interface WriteResult {
  entries: number;
}

/** The directory of the container. A link in it leads where it leads for the container's own processes. */
class ContainerDirectory extends LayerRoot {
  constructor(
    private readonly root: number,
    private readonly path: string,
  ) {
    super(openIn(root, path, O.O_DIRECTORY));
  }
  protected override find(path: string): number {
    return tryOpenIn(this.root, Buffer.from(`${this.path}/${path}`, 'latin1'), O.O_DIRECTORY);
  }
  protected override clear(fd: number, name: string | Buffer): void {
    removeIn(fd, name);
  }
}

class ContainerSink implements Sink {
  constructor(
    private readonly directory: ContainerDirectory,
    private readonly writer: LayerWriter,
    private readonly input: Target,
    private readonly owner: { uid: number; gid: number } | undefined,
  ) {}

  entry(given: Entry): void {
    const entry = this.#renamed(given);
    const path = this.#inside(entry.name);
    if (path && this.input.keepsKinds) this.#checkKind(path, entry);
    // the directory itself keeps its owner and its mode
    if (path) this.writer.entry({ ...entry, ...this.owner });
  }
  data = (bytes: Buffer): void => this.writer.data(bytes);
  close = (): void => this.writer.close();

  #renamed(entry: Entry): Entry {
    const { rename } = this.input;
    if (!rename) return entry;
    const [from, to] = [rename.from, rename.to].map((name) => Buffer.from(name).toString('latin1')) as [string, string];
    const inside = (name: string): string => {
      const clean = cleanPath(name);
      if (from === '' || from === '.') return clean ? `${to}/${clean}` : to;
      return clean === from || clean.startsWith(`${from}/`) ? `${to}${clean.slice(from.length)}` : name;
    };
    const hardLink = entry.type === '1' && { linkname: inside(entry.linkname) };
    return { ...entry, name: inside(entry.name), ...hardLink };
  }

  /** The cleaned name. Throws Error in dockerd's words when it leads out of the directory. */
  #inside(name: string): string {
    try {
      return cleanPath(name);
    } catch (cause) {
      const shown = JSON.stringify(Buffer.from(name, 'latin1').toString().slice(0, 200));
      throw new Error(`${shown} is outside of ${JSON.stringify(this.input.path)}`, { cause });
    }
  }

  #checkKind(path: string, { type }: Entry): void {
    if (!this.directory.exists(path)) return;
    const [is, becomes] = [this.directory.isDirectory(path), type === '5'];
    if (is === becomes) return;
    const shown = (kind: boolean) => (kind ? 'directory' : 'non-directory');
    const place = JSON.stringify(Buffer.from(`${this.input.path}/${path}`.replace(/\/+/g, '/'), 'latin1').toString());
    throw new Error(`cannot overwrite ${shown(is)} ${place} with ${shown(becomes)}`);
  }
}

/** A file of the container; '' when there is none. */
function textOf(root: number, path: string): string {
  const fd = tryOpenIn(root, path, O.O_NONBLOCK);
  if (fd < 0) return '';
  try {
    return fstatSync(fd).isFile() ? readFileSync(fd, 'utf8') : '';
  } finally {
    closeSync(fd);
  }
}

function ownerOf({ root, user }: Target): { uid: number; gid: number } | undefined {
  if (!user) return undefined;
  const { uid, gid } = resolveUser(user, textOf(root, '/etc/passwd'), textOf(root, '/etc/group'));
  return { uid, gid };
}

/**
 * The path of the directory in the container, without links; undefined for a file. Throws SyscallError when there is
 * nothing.
 */
export function targetOf({ root, prefix, path }: PathInput): string | undefined {
  const fd = openIn(root, path, O.O_PATH);
  try {
    const stat = fileStat(fd, '');
    return stat && isDirectory(stat) ? pathOf(fd, prefix) : undefined;
  } finally {
    closeSync(fd);
  }
}

export async function writeArchive({ body: fd, ...target }: WriteInput): Promise<WriteResult> {
  const body = new Socket({ fd, readable: true, writable: true });
  try {
    return await unpackInto(target, body);
  } finally {
    body.destroy();
  }
}

/** Throws TarError for an invalid archive, SyscallError when the kernel refuses a call. */
export async function unpackInto(target: Target, body: AsyncIterable<Buffer>): Promise<WriteResult> {
  const directory = new ContainerDirectory(target.root, Buffer.from(target.path).toString('latin1'));
  const writer = new LayerWriter(directory, 'plain');
  const tar = new TarReader(new ContainerSink(directory, writer, target, ownerOf(target)));
  try {
    for await (const chunk of unpacked(body)) tar.write(chunk);
    tar.end();
    writer.finish();
    return { entries: writer.entries };
  } finally {
    writer.dispose();
  }
}
