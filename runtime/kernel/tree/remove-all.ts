/**
 * rm -r of a tree of any size, in a worker's thread: also a million files in one directory, or directories nested
 * deeper than a path can name (PATH_MAX). It keeps in memory only the directories above the current one. Where the
 * path gets too long, it moves the rest of the tree up to the top:
 *
 *   top/a/…/y/z   →   top/a/…/y  top/.0
 */
import { lstatSync, opendirSync, renameSync, rmdirSync, unlinkSync } from 'node:fs';
import { hasCode } from '../errors.ts';

/** After so many entries other jobs of this thread get a turn. */
const TURN = 256;
/** Levels, because each holds a descriptor. Bytes of a path, because PATH_MAX is 4096 and a name has at most 255. */
const [DEPTH_MOST, PATH_MOST] = [64, 3500];
/**
 * The most rounds, each of which removed entries and moved none. After them rmdir(2) throws ENOTEMPTY: something adds
 * entries again, or an NFS server keeps names of open files.
 */
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
      // readdir may have missed directories that were moved up meanwhile, so read the top again
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
        else if (!emptied(inside)) await this.#nested(inside, depth + 1);
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

/** Returns false for a directory that is not empty. A missing entry is no error. */
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

/**
 * Returns false for a directory that is not empty. rmdir(2) of a mount point is EBUSY, whatever is in it: so this comes
 * before the first look inside. st_dev would not show a bind of a directory of the same file system.
 */
function emptied(directory: string | Buffer): boolean {
  try {
    return attempt(() => rmdirSync(directory));
  } catch (cause) {
    if (!hasCode(cause, 'EBUSY')) throw cause;
    throw Object.assign(
      new Error(
        `EBUSY: ${directory.toString()} is a mount point; unmount it first, because its files are not removed`,
        {
          cause,
        },
      ),
      { code: 'EBUSY' },
    );
  }
}

/** Removes links without following them. A missing path is no error. Throws EBUSY for a mount point. */
export async function removeAll(path: string): Promise<void> {
  const there = lstatSync(path, { throwIfNoEntry: false });
  if (!there) return;
  if (!there.isDirectory()) return void attempt(() => unlinkSync(path));
  if (!emptied(path)) await new Removal(path).run();
}
