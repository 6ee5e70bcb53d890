/**
 * The files of one log. Only the shim renames them (native/shim-log.h): output.log to output.log.1 to output.log.2 and
 * so on, the highest number first. A search from the newest file on may therefore see a file twice and meet one free
 * name, but never miss a file. A file is identified by its inode, because its name may change. A compressed file takes
 * the place of the file that it was made from, under the same name, and names that file's inode (compressed-log.ts).
 */
import { fstatSync, openSync, read } from 'node:fs';
import { promisify } from 'node:util';
import { hasCode } from '../../kernel/errors.ts';
import { closeAsync } from '../../kernel/close-async.ts';
import { CompressedLog } from './compressed-log.ts';
import { BLOCK, type PlacedRecord, placedIn, type Spans, spansIn } from './log-record.ts';

const readAt = promisify(read);

export class OpenLog {
  #users = 1;

  private constructor(
    readonly fd: number,
    private readonly device: bigint,
    private readonly inode: bigint,
    /** undefined for a file of plain records */
    private readonly packed: CompressedLog | undefined,
  ) {}

  static at(path: string): OpenLog | undefined {
    try {
      const fd = openSync(path, 'r');
      const { dev, ino } = fstatSync(fd, { bigint: true });
      return new OpenLog(fd, dev, ino, CompressedLog.in(fd));
    } catch (error) {
      if (hasCode(error, 'ENOENT')) return undefined;
      throw error;
    }
  }

  /** In bytes of plain records. */
  get size(): number {
    return this.packed?.size ?? fstatSync(this.fd).size;
  }
  get compressed(): boolean {
    return this.packed !== undefined;
  }
  /** True for the same file, and for a file and the compressed one that took its place. */
  is(other: OpenLog): boolean {
    if (this.device !== other.device) return false;
    // both are open, so their inode numbers are not used again
    if (this.inode === other.inode) return true;
    return (
      (!other.packed && this.packed?.isOf(other.inode, other.fd)) ||
      (!this.packed && other.packed?.isOf(this.inode, this.fd)) ||
      false
    );
  }

  /** Adds a user, who must call close() too. */
  again(): this {
    this.#users++;
    return this;
  }
  /** Closes on another thread, because the last close(2) of a removed file waits until its blocks are free. */
  close(): void {
    if (--this.#users > 0) return;
    const over = this.packed?.end() ?? Promise.resolve();
    void over.then(() => closeAsync(this.fd)).catch(() => undefined);
  }

  async bytes(from: number, length: number): Promise<Buffer> {
    if (this.packed) return this.packed.bytes(from, length);
    const buffer = Buffer.allocUnsafe(length);
    const { bytesRead } = await readAt(this.fd, buffer, 0, length, from);
    return buffer.subarray(0, bytesRead);
  }

  /** Where the records are that one read from `offset` finds. `next` is `offset` when there is none. */
  async spans(offset: number, search = true): Promise<Spans & { next: number }> {
    const bytes = await this.bytes(offset, BLOCK);
    const found = spansIn(bytes, offset + bytes.length >= this.size, search);
    return { ...found, next: offset + found.next };
  }
  async records(offset: number): Promise<{ records: PlacedRecord[]; next: number }> {
    const found = await this.spans(offset);
    return { records: placedIn(found), next: found.next };
  }
}

const nameOf = (path: string, n: number) => (n ? `${path}.${n}` : path);

/** While the shim renames files, one name is free, and it stays free when the shim is killed then. */
const NAMES_FREE = 1;

/**
 * Opens the files from the newest on. Each one is closed when the next is opened, except the one that `until` accepts.
 */
function find(
  path: string,
  until: (file: OpenLog, before: OpenLog | undefined) => boolean,
): { file: OpenLog | undefined; before: OpenLog | undefined } {
  let before: OpenLog | undefined;
  let free = 0;
  for (let n = 0; ; n++) {
    const file = OpenLog.at(nameOf(path, n));
    if (!file && n && ++free > NAMES_FREE) return { file: undefined, before };
    if (!file) continue;
    free = 0;
    if (until(file, before)) return { file, before };
    before?.close();
    before = file;
  }
}

export const newestLog = (path: string): OpenLog | undefined => find(path, () => true).file;
export const oldestLog = (path: string): OpenLog | undefined => find(path, () => false).before;

/** The file that followed `current`. When that one was removed in the meantime, the oldest existing file. */
export function logAfter(path: string, current: OpenLog): OpenLog | undefined {
  const { file, before } = find(path, (one) => one.is(current));
  file?.close();
  return before;
}

/** The file before `current`. */
export function logBefore(path: string, current: OpenLog): OpenLog | undefined {
  let met = false;
  const { file, before } = find(path, (one) => {
    const same = one.is(current);
    if (same) met = true;
    return met && !same;
  });
  before?.close();
  return file;
}
