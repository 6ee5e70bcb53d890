/**
 * A record of a log, as native/shim-log.h writes it. All numbers are little-endian:
 *
 *   u8 stream · 'd' 'd' 2 · u32 length · u64 nanoseconds since 1970 · the data · u32 length of the whole record
 *
 * Logs of earlier versions have zeros instead of the mark, and nothing after the data. A full disk or a power failure
 * may have cut a record at any byte. The next record is then found by its mark and its two lengths.
 */
import { fstatSync, readSync } from 'node:fs';

export interface LogRecord {
  stream: 1 | 2;
  ns: bigint;
  data: Buffer;
}
/** `at` and `end` are offsets from the beginning of the bytes. */
export interface PlacedRecord extends LogRecord {
  at: number;
  end: number;
}

const HEAD = 16;
const TRAILER = 4;
/** In bytes: the stream, three zeros, and the length in big-endian (the Engine API, attach). */
const FRAME = 8;
/** In bytes. The shim writes at most half of this at once. */
const DATA_MOST = 64 * 1024;
export const RECORD_MOST = HEAD + DATA_MOST + TRAILER;
/** 'd' 'd' 2 */
const MARK = 0x026464;
/** the years 2001 to 2128: a clock gives such values, text does not */
const [EARLIEST, LATEST] = [1_000_000_000_000_000_000n, 5_000_000_000_000_000_000n];

/** Makes the bytes of a record. */
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

/** The head at this offset; undefined when there can be none. */
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
 * True when this is certainly a record: it is complete and has its length at both ends. An unmarked record must be
 * followed by another one or by nothing.
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

/** The end of the record at `at`; 'cut' when the bytes end before it; 'none' when there is no complete record. */
function endAt(bytes: Buffer, at: number, last: boolean): number | 'cut' | 'none' {
  if (at + HEAD > bytes.length) return 'cut';
  const head = headAt(bytes, at);
  if (!head) return 'none';
  const { end, marked } = head;
  if (end > bytes.length) return 'cut';
  if (marked) return bytes.readUInt32LE(end - TRAILER) === end - at ? end : 'none';
  if (!last && at && end + HEAD > bytes.length) return 'cut';
  // the length of an unmarked record that was cut includes bytes of the records after it
  const torn = end < bytes.length && !headAt(bytes, end) && certainFrom(bytes, at + 1, end) !== undefined;
  return torn ? 'none' : end;
}

/** Where the records of a piece of a log are, without an object for each: begin, end, begin, end … in `bytes`. */
export interface Spans {
  bytes: Buffer;
  spans: readonly number[];
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
 * Where the records are in a piece of a log that begins with a record. `next` is where to continue reading. `last`: the
 * piece reaches the file's end. `search`: a record that the file's end cuts counts as damaged, and complete records
 * after its beginning are returned.
 */
export function spansIn(bytes: Buffer, last: boolean, search: boolean): Spans & { next: number } {
  const spans: number[] = [];
  let at = 0;
  while (at < bytes.length) {
    const end = endAt(bytes, at, last);
    if (typeof end === 'number') {
      spans.push(at, end);
      at = end;
      continue;
    }
    if (end === 'cut' && !(last && search)) break;
    const found = certainFrom(bytes, at + 1, bytes.length);
    // the end of the unknown bytes may be the beginning of a record
    if (found === undefined && end === 'none' && !last) at = Math.max(at, bytes.length - RECORD_MOST);
    if (found === undefined) break;
    at = found;
  }
  return { bytes, spans, next: at };
}

/** The records themselves; their data are parts of `bytes`. */
export function placedIn({ bytes, spans }: Spans): PlacedRecord[] {
  const records: PlacedRecord[] = [];
  for (let j = 0; j < spans.length; j += 2) records.push(placed(bytes, spans[j]!, spans[j + 1]!));
  return records;
}

function recordsIn(bytes: Buffer, last: boolean, search: boolean): { records: PlacedRecord[]; next: number } {
  const found = spansIn(bytes, last, search);
  return { records: placedIn(found), next: found.next };
}

/**
 * The data of the records that `wanted` accepts, each behind a header as frameOf() makes it unless `raw`, in one new
 * buffer.
 */
export function framed(
  { bytes, spans }: Spans,
  wanted: (stream: 1 | 2, ns: () => bigint) => boolean,
  raw: boolean,
): Buffer {
  let [at, size] = [0, 0];
  const ns = () => bytes.readBigUInt64LE(at + 8);
  const taken: number[] = [];
  for (let j = 0; j < spans.length; j += 2) {
    at = spans[j]!;
    if (!wanted(bytes[at] as 1 | 2, ns)) continue;
    taken.push(at);
    size += bytes.readUInt32LE(at + 4) + (raw ? 0 : FRAME);
  }
  const into = Buffer.allocUnsafe(size);
  let to = 0;
  for (at of taken) {
    const length = bytes.readUInt32LE(at + 4);
    if (!raw) {
      into.writeUInt32LE(bytes[at]!, to);
      into.writeUInt32BE(length, to + 4);
      to += FRAME;
    }
    bytes.copy(into, to, at + HEAD, at + HEAD + length);
    to += length;
  }
  return into;
}

/** The record that ends with these bytes; undefined when there is none, or when it has no mark. */
export function lastRecordIn(bytes: Buffer, end = bytes.length): PlacedRecord | undefined {
  if (end < HEAD + TRAILER) return undefined;
  const at = end - bytes.readUInt32LE(end - TRAILER);
  if (at < 0 || at > end - HEAD - TRAILER) return undefined;
  const head = headAt(bytes, at);
  return head?.marked && head.end === end ? placed(bytes, at, end) : undefined;
}

/** The end of the last complete record of these bytes. */
export function lastEndIn(bytes: Buffer): number | undefined {
  for (let end = bytes.length; end >= HEAD + TRAILER; end--) if (lastRecordIn(bytes, end)) return end;
  return undefined;
}

/** How many bytes are read at once. */
export const BLOCK = 2 * 64 * 1024 + 1024;

/**
 * Every complete record from `offset` on. It reads synchronously, so use it only for short files. `at` and `end` are
 * offsets in the file.
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
