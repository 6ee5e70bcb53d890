/**
 * Where the last lines of a log begin: read from its end, so that it takes as long as the lines are, not as long as the
 * log is.
 */
import { logBefore, type OpenLog } from './log-files.ts';
import { BLOCK, lastEndIn, lastRecordIn, type LogRecord } from './log-record.ts';

/** The record at `offset` of `file`, without its first `skip` bytes. */
export interface Place {
  file: OpenLog;
  offset: number;
  skip: number;
}
type Wanted = (record: LogRecord) => boolean;
const NEWLINE = 10;

class Tail {
  /** where what is known of it begins */
  following: Place | undefined;

  constructor(
    private left: number,
    private readonly wanted: Wanted,
  ) {}

  /** Goes back over one record; the place, once there are enough lines. */
  #back(file: OpenLog, offset: number, data: Buffer): Place | undefined {
    for (let at = data.lastIndexOf(NEWLINE); at >= 0; at = at ? data.lastIndexOf(NEWLINE, at - 1) : -1) {
      const begin = at + 1 < data.length ? { file, offset, skip: at + 1 } : this.following;
      if (begin && --this.left === 0) return begin;
    }
    if (data.length) this.following = { file, offset, skip: 0 };
    return undefined;
  }

  async over(file: OpenLog): Promise<Place | undefined> {
    for (let end = file.size; end > 0;) {
      const from = Math.max(0, end - BLOCK);
      const bytes = await file.bytes(from, end - from);
      let at = bytes.length;
      for (let record = lastRecordIn(bytes, at); record; record = lastRecordIn(bytes, at)) {
        at = record.at;
        const found = this.wanted(record) ? this.#back(file, from + at, record.data) : undefined;
        if (found) return found;
      }
      // something that was cut lies at the end; or it is the log of an earlier version, which can't be read backwards
      if (at === bytes.length) at = lastEndIn(bytes) ?? at;
      if (at === bytes.length) return this.#forward(file, end);
      end = from + at;
    }
    return undefined;
  }

  /** Counts the beginnings of lines up to `end`, then goes to the one that is wanted. */
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

  /** Of every line but the first. */
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

/** Closes the files that it opened, but for the one that is returned. `newest` is the caller's. */
export async function tailOf(path: string, newest: OpenLog, lines: number, wanted: Wanted): Promise<Place> {
  if (lines <= 0) return { file: newest, offset: newest.size, skip: 0 };
  const tail = new Tail(lines, wanted);
  for (let file = newest; ;) {
    const before = tail.following?.file;
    const place = await tail.over(file);
    const older = place ? undefined : logBefore(path, file);
    const found = place ?? { file, offset: 0, skip: 0 };
    // what is needed of them: where the lines go on
    const kept = older ? tail.following?.file : found.file;
    for (const one of new Set([before, file])) if (one && one !== kept && one !== newest && one !== older) one.close();
    if (!older) return found;
    file = older;
  }
}
