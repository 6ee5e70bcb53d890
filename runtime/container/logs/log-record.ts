/**
 * A record of a log, as native/shim-log.h writes it, all numbers little-endian:
 *
 *   u8 stream · 'd' 'd' 2 · u32 length · u64 nanoseconds since 1970 · the data · u32 length of all of it
 *
 * Logs of earlier versions have zeros instead of the mark, and nothing behind the data. A full disk, or a machine that
 * lost its power, may have cut a record anywhere; what follows is found by its mark and its two lengths.
 */
import { fstatSync, readSync } from 'node:fs';

export interface LogRecord {
  stream: 1 | 2;
  ns: bigint;
  data: Buffer;
}
/** `at` and `end` count from where the bytes began. */
export interface PlacedRecord extends LogRecord {
  at: number;
  end: number;
}

const HEAD = 16;
const TRAILER = 4;
/** The shim writes half as much at once. */
const DATA_MOST = 64 * 1024;
export const RECORD_MOST = HEAD + DATA_MOST + TRAILER;
/** 'd' 'd' 2 */
const MARK = 0x026464;
/** 2001 to 2128: what a clock says, and no text */
const [EARLIEST, LATEST] = [1_000_000_000_000_000_000n, 5_000_000_000_000_000_000n];

/** The whole record. */
export function recordOf(stream: 1 | 2, ns: bigint, data: Buffer): Buffer {
  const bytes = Buffer.allocUnsafe(HEAD + data.length + TRAILER);
  bytes[0] = stream;
  bytes.writeUIntLE(MARK, 1, 3);
  bytes.writeUInt32LE(data.length, 4);
  bytes.writeBigUInt64LE(ns, 8);
  data.copy(bytes, HEAD);
  bytes.writeUInt32LE(bytes.length, HEAD + data.length);
  return bytes;
}

interface Head {
  length: number;
  end: number;
  marked: boolean;
}

/** Undefined when no head can be there. */
function headAt(bytes: Buffer, at: number): Head | undefined {
  const stream = bytes[at];
  if ((stream !== 1 && stream !== 2) || at + HEAD > bytes.length) return undefined;
  const mark = bytes.readUIntLE(at + 1, 3);
  const length = bytes.readUInt32LE(at + 4);
  if ((mark !== MARK && mark !== 0) || length > DATA_MOST) return undefined;
  const marked = mark === MARK;
  return { length, end: at + HEAD + length + (marked ? TRAILER : 0), marked };
}

const isTime = (ns: bigint): boolean => ns >= EARLIEST && ns <= LATEST;

/**
 * Something that is a record beyond doubt: whole, and with its length at both ends; an unmarked one is followed by
 * another, or by nothing.
 */
function isCertain(bytes: Buffer, at: number): boolean {
  const head = headAt(bytes, at);
  if (!head || head.end > bytes.length) return false;
  if (head.marked) return bytes.readUInt32LE(head.end - TRAILER) === head.end - at;
  return (
    head.length > 0 &&
    isTime(bytes.readBigUInt64LE(at + 8)) &&
    (head.end === bytes.length || headAt(bytes, head.end) !== undefined)
  );
}

function certainFrom(bytes: Buffer, from: number, to: number): number | undefined {
  for (let at = from; at < to; at++) if ((bytes[at] === 1 || bytes[at] === 2) && isCertain(bytes, at)) return at;
  return undefined;
}

/** Where the record at `at` ends; 'cut' when the bytes end before it does, 'none' when it is no whole record. */
function endAt(bytes: Buffer, at: number, last: boolean): number | 'cut' | 'none' {
  if (at + HEAD > bytes.length) return 'cut';
  const head = headAt(bytes, at);
  if (!head) return 'none';
  const { end, marked } = head;
  if (end > bytes.length) return 'cut';
  if (marked) return bytes.readUInt32LE(end - TRAILER) === end - at ? end : 'none';
  if (!last && at && end + HEAD > bytes.length) return 'cut';
  // an unmarked record that was cut has swallowed those behind it
  const torn = end < bytes.length && !headAt(bytes, end) && certainFrom(bytes, at + 1, end) !== undefined;
  return torn ? 'none' : end;
}

const placed = (bytes: Buffer, at: number, end: number): PlacedRecord => {
  const length = bytes.readUInt32LE(at + 4);
  return {
    stream: bytes[at] as 1 | 2,
    ns: bytes.readBigUInt64LE(at + 8),
    data: bytes.subarray(at + HEAD, at + HEAD + length),
    at,
    end,
  };
};

/**
 * The records in a piece of a log that begins with one; `next` is where to go on reading. `last`: the piece reaches to
 * the file's end.
 * `search`: a record that is cut by the end of the file is taken for torn, and what is whole behind its beginning is
 * told.
 */
export function recordsIn(bytes: Buffer, last: boolean, search: boolean): { records: PlacedRecord[]; next: number } {
  const records: PlacedRecord[] = [];
  let at = 0;
  while (at < bytes.length) {
    const end = endAt(bytes, at, last);
    if (typeof end === 'number') {
      records.push(placed(bytes, at, end));
      at = end;
      continue;
    }
    if (end === 'cut' && !(last && search)) break;
    const found = certainFrom(bytes, at + 1, bytes.length);
    // of what is no record the end may be the beginning of one
    if (found === undefined && end === 'none' && !last) at = Math.max(at, bytes.length - RECORD_MOST);
    if (found === undefined) break;
    at = found;
  }
  return { records, next: at };
}

/** The record that ends with these bytes; undefined when none does, or one without a mark. */
export function lastRecordIn(bytes: Buffer, end = bytes.length): PlacedRecord | undefined {
  if (end < HEAD + TRAILER) return undefined;
  const at = end - bytes.readUInt32LE(end - TRAILER);
  if (at < 0 || at > end - HEAD - TRAILER) return undefined;
  const head = headAt(bytes, at);
  return head?.marked && head.end === end ? placed(bytes, at, end) : undefined;
}

/** Where the last whole record of these bytes ends. */
export function lastEndIn(bytes: Buffer): number | undefined {
  for (let end = bytes.length; end >= HEAD + TRAILER; end--) if (lastRecordIn(bytes, end)) return end;
  return undefined;
}

/** Bytes that are read at once. */
export const BLOCK = 2 * 64 * 1024 + 1024;

/**
 * Every whole record from `offset` on, while the caller waits: for what is short. `end` counts from the file's
 * beginning.
 */
export function* readRecords(fd: number, offset: number): Generator<PlacedRecord> {
  const block = Buffer.allocUnsafe(BLOCK);
  for (;;) {
    const { size } = fstatSync(fd);
    const bytes = Buffer.from(block.subarray(0, readSync(fd, block, 0, BLOCK, offset)));
    const { records, next } = recordsIn(bytes, offset + bytes.length >= size, true);
    for (const record of records) yield { ...record, at: offset + record.at, end: offset + record.end };
    if (!next) return;
    offset += next;
  }
}
