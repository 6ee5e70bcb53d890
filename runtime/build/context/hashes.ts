/**
 * Hashes of the files of a kept context, so that only changed files are read:
 *
 *   { "PATH": ["INODE:BIRTH:SIZE:MTIME", hash of the content and the attributes], … }
 *
 * A file of such a context is never changed in place, so the inode with its birth time says which content it is. The
 * time of its last status change does not, because a hard link to it changes that.
 */
import { lstatSync, readFileSync, realpathSync, type BigIntStats } from 'node:fs';
import { join } from 'node:path';
import { replaceWhole } from '../../data-root/atomic-file.ts';

/** `context.hashes` is beside `context`. */
export const ENDING = '.hashes';
const BYTES_MOST = 256 << 20;
type Entry = readonly [inode: string, hash: string];

/** Undefined where the file system has no birth times: stat(2), statx(2). */
const inodeOf = ({ ino, birthtimeNs, size, mtimeNs }: BigIntStats): string | undefined =>
  birthtimeNs > 0n ? `${ino}:${birthtimeNs}:${size}:${mtimeNs}` : undefined;

export class Hashes {
  readonly #known: ReadonlyMap<string, Entry>;
  readonly #now = new Map<string, Entry>();
  #changed = false;
  readonly #root: string;

  /** Without a file nothing is known, and nothing is kept. A damaged one is empty. */
  constructor(private readonly file: string | undefined) {
    this.#root = file === undefined ? '' : realpathSync(file.slice(0, -ENDING.length));
    this.#known = new Map(file === undefined ? [] : entriesIn(file));
  }

  /** The hash of the file at this absolute path, by `make` when it is not known. */
  of(absolute: string, make: () => string): string {
    if (this.file === undefined || !absolute.startsWith(`${this.#root}/`)) return make();
    const path = absolute.slice(this.#root.length + 1);
    const inode = inodeOf(lstatSync(absolute, { bigint: true }));
    const known = this.#known.get(path);
    const hash = inode !== undefined && known?.[0] === inode ? known[1] : make();
    if (inode !== undefined) this.#now.set(path, [inode, hash]);
    this.#changed ||= known?.[1] !== hash || known[0] !== inode;
    return hash;
  }

  /** Keeps what is known now; what was not asked for this time stays as long as its file does. */
  save(): void {
    if (this.file === undefined || !this.#changed) return;
    const others = [...this.#known].filter(
      ([path]) => !this.#now.has(path) && lstatSync(join(this.#root, path), { throwIfNoEntry: false }),
    );
    replaceWhole(this.file, JSON.stringify(Object.fromEntries([...others, ...this.#now])));
  }
}

function entriesIn(file: string): [string, Entry][] {
  try {
    if ((lstatSync(file, { throwIfNoEntry: false })?.size ?? BYTES_MOST) >= BYTES_MOST) return [];
    return Object.entries(JSON.parse(readFileSync(file, 'utf8')) as Record<string, Entry>).filter(
      ([, entry]) => Array.isArray(entry) && typeof entry[0] === 'string' && /^[0-9a-f]{64}$/.test(entry[1]),
    );
  } catch {
    return [];
  }
}
