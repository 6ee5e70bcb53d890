/** The context of a build as a tar archive: the files of a directory that .dockerignore does not leave out. */
import { once } from 'node:events';
import { closeSync, constants, fstatSync, lstatSync, openSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { readSync, type Stats } from 'node:fs';
import { join } from 'node:path';
import { PassThrough, type Readable } from 'node:stream';
import { isIgnored } from '../../build/glob/ignore.ts';
import { TarWriter, type TarEntry } from '../../image/layer/tar-writer.ts';

export interface ContextAsked {
  dir: string;
  /** the Dockerfile in the directory: sent although it may be left out, because the daemon reads it */
  dockerfile: string;
  /** the text of a Dockerfile from elsewhere, which is sent under that name */
  text?: string;
}

const IGNORE = '.dockerignore';
const PIECE = 256 * 1024;
const PERMISSIONS = 0o7777;
const READ = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
const SLASH = Buffer.from('/');

/** Undefined for a file that is not there. */
function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** A relative path as bytes and as text, because a name need not be UTF-8. */
interface Path {
  bytes: Buffer;
  text: string;
}

class Context {
  readonly #tar: TarWriter;
  readonly #dir: Buffer;
  readonly #ignore: string;
  /** an exception may bring back what lies in a directory that is left out */
  readonly #hasExceptions: boolean;

  constructor(
    private readonly asked: ContextAsked,
    out: PassThrough,
  ) {
    this.#tar = new TarWriter(async (part) => {
      if (out.destroyed) throw new Error('the daemon takes no more of the context');
      // a copy, because the stream keeps what it gets
      if (!out.write(Buffer.from(part))) await Promise.race([once(out, 'drain'), once(out, 'close')]);
    });
    this.#dir = Buffer.from(`${asked.dir}/`);
    const own = textOf(join(asked.dir, `${asked.dockerfile}.dockerignore`));
    this.#ignore = own ?? textOf(join(asked.dir, IGNORE)) ?? '';
    this.#hasExceptions = /^\s*!/m.test(this.#ignore);
  }

  async write(): Promise<void> {
    const { dockerfile, text } = this.asked;
    await this.#directory(undefined);
    if (text !== undefined) {
      await this.#text(dockerfile, text);
      await this.#text(IGNORE, `${this.#ignore}\n${IGNORE}\n${dockerfile}\n`);
    }
    await this.#tar.end();
  }

  #onHost = ({ bytes }: Path): Buffer => Buffer.concat([this.#dir, bytes]);

  async #directory(path: Path | undefined): Promise<void> {
    const names = readdirSync(path ? this.#onHost(path) : this.#dir, { encoding: 'buffer' });
    for (const name of names.sort((one, other) => one.compare(other))) {
      const bytes = path ? Buffer.concat([path.bytes, SLASH, name]) : name;
      await this.#found({ bytes, text: bytes.toString('utf8') });
    }
  }

  async #found(path: Path): Promise<void> {
    const { dockerfile, text } = this.asked;
    if (path.text === IGNORE && text !== undefined) return;
    const stat = lstatSync(this.#onHost(path), { throwIfNoEntry: false });
    if (!stat) return;
    const isSent = [IGNORE, dockerfile].includes(path.text) || !isIgnored(path.text, this.#ignore);
    if (isSent) await this.#entry(path, stat);
    const isSearched = isSent || this.#hasExceptions || dockerfile.startsWith(`${path.text}/`);
    if (stat.isDirectory() && isSearched) await this.#directory(path);
  }

  async #entry(path: Path, stat: Stats): Promise<void> {
    if (stat.isFile()) return this.#file(path);
    const kind = stat.isDirectory() ? '5' : stat.isSymbolicLink() ? '2' : undefined;
    // as with docker's client a socket is left out; a device or a pipe has no content to copy either
    if (!kind) return;
    const link = kind === '2' && { linkname: readlinkSync(this.#onHost(path), { encoding: 'buffer' }) };
    await this.#tar.entry({ ...entryOf(path.bytes, kind, stat), ...link });
  }

  async #file(path: Path): Promise<void> {
    const fd = openSync(this.#onHost(path), READ);
    try {
      const stat = fstatSync(fd);
      let left = await this.#tar.entry({ ...entryOf(path.bytes, '0', stat), size: stat.size });
      while (left > 0) {
        const piece = Buffer.allocUnsafe(Math.min(PIECE, left));
        const length = readSync(fd, piece);
        if (!length) throw new Error(`${path.text} became shorter while it was sent`);
        await this.#tar.data(piece.subarray(0, length));
        left -= length;
      }
    } finally {
      closeSync(fd);
    }
  }

  async #text(name: string, text: string): Promise<void> {
    const bytes = Buffer.from(text);
    const entry = entryOf(Buffer.from(name), '0', { mode: 0o644, mtimeMs: 0 });
    await this.#tar.entry({ ...entry, size: bytes.length });
    await this.#tar.data(bytes);
  }
}

const entryOf = (name: Buffer, type: string, { mode, mtimeMs }: Pick<Stats, 'mode' | 'mtimeMs'>): TarEntry => ({
  type,
  name,
  mode: mode & PERMISSIONS,
  uid: 0,
  gid: 0,
  size: 0,
  mtime: { sec: Math.floor(mtimeMs / 1000), nsec: 0 },
});

/** The stream fails with the error of what cannot be read. */
export function contextStream(asked: ContextAsked): Readable {
  const out = new PassThrough();
  new Context(asked, out).write().then(
    () => out.end(),
    (error: Error) => out.destroy(error),
  );
  return out;
}
