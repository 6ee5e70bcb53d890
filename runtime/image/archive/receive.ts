/**
 * Receives an archive of images into files. The archive's own names become no paths of this machine: each file gets a
 * number, and its name stays a key of a table. Runs in a worker.
 */
import { createHash, type Hash } from 'node:crypto';
import { closeSync, openSync, unlinkSync, writeSync } from 'node:fs';
import { Socket } from 'node:net';
import { dirname, join, posix } from 'node:path';
import { unpacked } from '../layer/decompress-stream.ts';
import { cleanPath } from '../layer/layer-root.ts';
import { TarError } from '../layer/tar-header.ts';
import { TarReader, type Entry, type Sink } from '../layer/tar-reader.ts';

export interface ReceiveInput {
  /** an empty directory of the daemon's own, for the files */
  dir: string;
  /** the worker's end of a stream socket, from which the archive comes; it is closed here */
  body: number;
}
export interface ArchiveFile {
  path: string;
  size: number;
  /** sha256 of its bytes */
  digest: string;
}
/** By their names in the archive, cleaned: 'blobs/sha256/…', 'manifest.json'. */
export interface Received {
  files: Map<string, ArchiveFile>;
  /** links to other files of the archive: docker before version 25 wrote equal layers so */
  links: Map<string, string>;
}

const MOST_ENTRIES = 100_000;
const LONGEST_NAME = 4096;
/** In bytes, for all names and the targets of links, because the daemon gets the table of them. */
const MOST_NAMES = 16 << 20;
/** More than any archive of images. A decompression bomb ends here, or when the disk is full. */
const MOST_BYTES = 256 * 2 ** 30;

const utf8 = (name: string): string => Buffer.from(name, 'latin1').toString('utf8');
const named = (name: string): string => {
  if (name.length > LONGEST_NAME)
    throw new TarError(`a name of ${name.length} bytes in the archive; at most ${LONGEST_NAME} are taken`);
  return cleanPath(utf8(name));
};

class FileSink implements Sink {
  readonly files = new Map<string, ArchiveFile>();
  readonly links = new Map<string, string>();
  #entries = 0;
  #names = 0;
  #bytes = 0;
  #writing: { fd: number; name: string; path: string; size: number; hash: Hash } | undefined;

  constructor(private readonly dir: string) {}

  entry({ name: given, type, linkname, sparse }: Entry): void {
    if (++this.#entries > MOST_ENTRIES)
      throw new TarError(`the archive has more than ${MOST_ENTRIES} entries; at most so many are taken`);
    this.#names += given.length + linkname.length;
    if (this.#names > MOST_NAMES)
      throw new TarError(`the names in the archive have more than ${MOST_NAMES} bytes; at most so many are taken`);
    const name = named(given);
    if (type === '5') return;
    if (!name) throw new TarError(`an entry of the archive has the name ${JSON.stringify(utf8(given))}`);
    if (sparse) throw new TarError(`${name} is a sparse file; an archive of images has none`);
    this.#forget(name);
    if (type === '1' || type === '2') return this.#link(name, type, linkname);
    if (!'07'.includes(type)) throw new TarError(`${name} is no file, link or directory: it has the tar type ${type}`);
    const path = join(this.dir, String(this.#entries));
    this.#writing = { fd: openSync(path, 'wx', 0o600), name, path, size: 0, hash: createHash('sha256') };
  }

  /** A symbolic link is resolved from its own directory, a hard link from the archive's root. */
  #link(name: string, type: string, target: string): void {
    const from = type === '2' ? posix.join(dirname(name), utf8(target)) : utf8(target);
    if (type === '2' && target.startsWith('/'))
      throw new TarError(`${name} is a link to ${utf8(target).slice(0, 200)}, which is no file of the archive`);
    this.links.set(name, named(Buffer.from(from).toString('latin1')));
  }

  /** A later entry replaces an earlier one of the same name. */
  #forget(name: string): void {
    const before = this.files.get(name);
    if (before) unlinkSync(before.path);
    this.files.delete(name);
    this.links.delete(name);
  }

  data(bytes: Buffer): void {
    const one = this.#writing;
    if (!one) return;
    this.#bytes += bytes.length;
    if (this.#bytes > MOST_BYTES) throw new TarError(`the archive has more than ${MOST_BYTES} bytes of files`);
    one.hash.update(bytes);
    one.size += bytes.length;
    for (let done = 0; done < bytes.length;) done += writeSync(one.fd, bytes, done);
  }

  close(): void {
    const one = this.#writing;
    if (!one) return;
    this.dispose();
    this.files.set(one.name, { path: one.path, size: one.size, digest: `sha256:${one.hash.digest('hex')}` });
  }

  dispose(): void {
    if (this.#writing) closeSync(this.#writing.fd);
    this.#writing = undefined;
  }
}

/** Throws TarError for what is no archive of files, and ENOSPC. The caller removes the directory. */
export async function receiveArchive({ dir, body: fd }: ReceiveInput): Promise<Received> {
  const body = new Socket({ fd, readable: true, writable: true });
  const sink = new FileSink(dir);
  const tar = new TarReader(sink);
  try {
    for await (const chunk of unpacked(body)) tar.write(chunk);
    tar.end();
    return { files: sink.files, links: sink.links };
  } finally {
    sink.dispose();
    body.destroy();
  }
}
