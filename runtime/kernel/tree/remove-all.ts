/**
 * rm -r of a tree of any size, in a worker's thread: of a million files in one directory, or of directories nested
 * deeper than a path can name (PATH_MAX). Nothing is kept of what was read but the way to it; where that gets long, the
 * rest is moved up to the top:
 *
 *   top/a/…/y/z   →   top/a/…/y  top/.0
 */
import { lstatSync, opendirSync, renameSync, rmdirSync, unlinkSync } from 'node:fs';
import { hasCode } from '../errors.ts';

/** Other jobs of this thread get a turn in between. */
const TURN = 256;
/** Levels: each holds a descriptor. Bytes of a path: PATH_MAX is 4096, and one name has at most 255. */
const [DEPTH_MOST, PATH_MOST] = [64, 3500];
/** Of a tree that something fills again, or whose server keeps a name for an open file (NFS), then ENOTEMPTY is told. */
const TRIES = 16;
const turn = () => new Promise((resolve) => setImmediate(resolve));

class Removal {
  #moved = 0;
  #removed = 0;
  readonly #top: Buffer;

  constructor(path: string) {
    this.#top = Buffer.from(path);
  }

  async run(): Promise<void> {
    for (let tries = 0; ;) {
      const [seen, moved] = [this.#removed, this.#moved];
      await this.#empty(this.#top, 0);
      if (attempt(() => rmdirSync(this.#top))) return;
      // what was moved up while it was read may not have been seen
      if (this.#moved === moved) tries++;
      if (this.#removed === seen || tries > TRIES) return rmdirSync(this.#top);
    }
  }

  async #empty(path: Buffer, depth: number): Promise<void> {
    const directory = opendirSync(path, { encoding: 'buffer' as BufferEncoding });
    try {
      for (let entry = directory.readSync(); entry; entry = directory.readSync()) {
        const inside = Buffer.concat([path, Buffer.from('/'), entry.name as unknown as Buffer]);
        if (++this.#removed % TURN === 0) await turn();
        if (!entry.isDirectory()) attempt(() => unlinkSync(inside));
        else if (!attempt(() => rmdirSync(inside))) await this.#nested(inside, depth + 1);
      }
    } finally {
      directory.closeSync();
    }
  }

  async #nested(path: Buffer, depth: number): Promise<void> {
    if (depth > 1 && (depth > DEPTH_MOST || path.length > PATH_MOST)) return this.#up(path);
    await this.#empty(path, depth);
    attempt(() => rmdirSync(path));
  }

  #up(path: Buffer): void {
    for (;;) {
      const free = Buffer.concat([this.#top, Buffer.from(`/.${this.#moved++}`)]);
      if (lstatSync(free, { throwIfNoEntry: false })) continue;
      renameSync(path, free);
      return;
    }
  }
}

/** False for a directory that is not empty. What has gone already is gone. */
function attempt(remove: () => void): boolean {
  try {
    remove();
    return true;
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return true;
    if (hasCode(error, 'ENOTEMPTY', 'EEXIST')) return false;
    throw error;
  }
}

/** Links are removed, not followed. What is not there is no error. */
export async function removeAll(path: string): Promise<void> {
  const there = lstatSync(path, { throwIfNoEntry: false });
  if (!there) return;
  if (!there.isDirectory()) return void attempt(() => unlinkSync(path));
  await new Removal(path).run();
}
