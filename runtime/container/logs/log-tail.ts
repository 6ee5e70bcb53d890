/**
 * Finds the beginning of a log's last lines. It reads backwards from the end, so the time depends on the length of
 * these lines and not on the length of the log.
 */
import { logBefore, type OpenLog } from './log-files.ts';
import { BLOCK, lastEndIn, lastRecordIn, type LogRecord } from './log-record.ts';

/** A position: the record at `offset` of `file`, without its first `skip` bytes. */
export interface Place {
  file: OpenLog;
  offset: number;
  skip: number;
}
type Wanted = (record: LogRecord) => boolean;
const NEWLINE = 10;

class Tail {
  /** the earliest known position with data */
  following: Place | undefined;

  constructor(
    private left: number,
    private readonly wanted: Wanted,
  ) {}

  /** Counts the lines of one record backwards. Returns the position when there are enough lines. */
  #back(file: OpenLog, offset: number, data: Buffer): Place | undefined {
    for (let at = data.lastIndexOf(NEWLINE); at >= 0; at = at ? data.lastIndexOf(NEWLINE, at - 1) : -1) {
      const begin = at + 1 < data.length ? { file, offset, skip: at + 1 } : this.following;
      if (begin && --this.left === 0) return begin;
    }
    if (data.length) this.following = { file, offset, skip: 0 };
    return undefined;
  }

  async over(file: OpenLog): Promise<Place | undefined> {
    if (file.compressed) return this.#forward(file, file.size); // it cannot be read backwards
    for (let end = file.size; end > 0;) {
      const from = Math.max(0, end - BLOCK);
      const bytes = await file.bytes(from, end - from);
      let at = bytes.length;
      for (let record = lastRecordIn(bytes, at); record; record = lastRecordIn(bytes, at)) {
        at = record.at;
        const found = this.wanted(record) ? this.#back(file, from + at, record.data) : undefined;
        if (found) return found;
      }
      // the end is damaged, or the log is of an earlier version, which cannot be read backwards
      if (at === bytes.length) at = lastEndIn(bytes) ?? at;
      if (at === bytes.length) return this.#forward(file, end);
      end = from + at;
    }
    return undefined;
  }

  /** Counts the beginnings of lines up to `end`, and then goes to the wanted one. */
  async #forward(file: OpenLog, end: number): Promise<Place | undefined> {
    let count = 0;
    for await (const _ of this.#begins(file, end)) count++;
    const wanted = count - this.left;
    if (wanted < 0) {
      this.left -= count;
      this.following = { file, offset: 0, skip: 0 };
      return undefined;
    }
    let n = 0;
    for await (const place of this.#begins(file, end)) if (n++ === wanted) return place;
    return this.following;
  }

  /** The beginnings of all lines except the first. */
  async *#begins(file: OpenLog, end: number): AsyncGenerator<Place> {
    let ended = false;
    for (let offset = 0; offset < end;) {
      const { records, next } = await file.records(offset);
      for (const record of records) {
        if (offset + record.at >= end) break;
        const { data } = record;
        if (!data.length || !this.wanted(record)) continue;
        if (ended) yield { file, offset: offset + record.at, skip: 0 };
        for (let at = data.indexOf(NEWLINE); at >= 0 && at + 1 < data.length; at = data.indexOf(NEWLINE, at + 1))
          yield { file, offset: offset + record.at, skip: at + 1 };
        ended = data.at(-1) === NEWLINE;
      }
      if (next === offset) break;
      offset = next;
    }
    if (ended && this.following) yield this.following;
  }
}

/** Closes the files that it opened, except the returned one. `newest` belongs to the caller. */
export async function tailOf(path: string, newest: OpenLog, lines: number, wanted: Wanted): Promise<Place> {
  if (lines <= 0) return { file: newest, offset: newest.size, skip: 0 };
  const tail = new Tail(lines, wanted);
  for (let file = newest; ;) {
    const before = tail.following?.file;
    const place = await tail.over(file);
    const older = place ? undefined : logBefore(path, file);
    const found = place ?? { file, offset: 0, skip: 0 };
    // keep the file in which the lines continue
    const kept = older ? tail.following?.file : found.file;
    for (const one of new Set([before, file])) if (one && one !== kept && one !== newest && one !== older) one.close();
    if (!older) return found;
    file = older;
  }
}
