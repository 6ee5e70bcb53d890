/**
 * The files of one log. Only the shim renames them (native/shim-log.h), from output.log to output.log.1 to output.log.2
 * …, so that one that is looked for from the newest on may be met twice, but is never missed. A file is known by its
 * inode, whatever its name is by now.
 */
import { fstatSync, openSync, read } from 'node:fs';
import { promisify } from 'node:util';
import { hasCode } from '../../kernel/errors.ts';
import { closeAside } from '../../kernel/close-async.ts';
import { BLOCK, type PlacedRecord, recordsIn } from './log-record.ts';

const readAt = promisify(read);

export class OpenLog {
  #users = 1;

  private constructor(
    readonly fd: number,
    private readonly identity: string,
  ) {}

  static at(path: string): OpenLog | undefined {
    try {
      const fd = openSync(path, 'r');
      const { dev, ino } = fstatSync(fd, { bigint: true });
      return new OpenLog(fd, `${dev}:${ino}`);
    } catch (error) {
      if (hasCode(error, 'ENOENT')) return undefined;
      throw error;
    }
  }

  get size(): number {
    return fstatSync(this.fd).size;
  }
  is(other: OpenLog): boolean {
    return this.identity === other.identity;
  }

  /** One more who closes it. */
  again(): this {
    this.#users++;
    return this;
  }
  /** On a thread beside the daemon's: the last who closes a file that was removed waits until its blocks are free. */
  close(): void {
    if (--this.#users === 0) void closeAside(this.fd).catch(() => undefined);
  }

  async bytes(from: number, length: number): Promise<Buffer> {
    const buffer = Buffer.allocUnsafe(length);
    const { bytesRead } = await readAt(this.fd, buffer, 0, length, from);
    return buffer.subarray(0, bytesRead);
  }

  /** The records from `offset` on that one look finds; `next` is `offset` when there is none. */
  async records(offset: number, search = true): Promise<{ records: PlacedRecord[]; next: number }> {
    const bytes = await this.bytes(offset, BLOCK);
    const { records, next } = recordsIn(bytes, offset + bytes.length >= this.size, search);
    return { records, next: offset + next };
  }
}

const nameOf = (path: string, n: number) => (n ? `${path}.${n}` : path);

/** From the newest on; each is closed when the next is asked for, but for the one that is returned by `until`. */
function find(
  path: string,
  until: (file: OpenLog, before: OpenLog | undefined) => boolean,
): { file: OpenLog | undefined; before: OpenLog | undefined } {
  let before: OpenLog | undefined;
  for (let n = 0; ; n++) {
    const file = OpenLog.at(nameOf(path, n));
    if (!file && n) return { file: undefined, before };
    if (!file) continue;
    if (until(file, before)) return { file, before };
    before?.close();
    before = file;
  }
}

export const newestLog = (path: string): OpenLog | undefined => OpenLog.at(path) ?? OpenLog.at(nameOf(path, 1));
export const oldestLog = (path: string): OpenLog | undefined => find(path, () => false).before;

/** The one that was begun when `current` was full; when that has been removed meanwhile, the oldest that is there. */
export function logAfter(path: string, current: OpenLog): OpenLog | undefined {
  const { file, before } = find(path, (one) => one.is(current));
  file?.close();
  return before;
}

/** The one before `current`. */
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
