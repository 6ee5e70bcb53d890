/**
 * A container's output as the shim wrote it: {u8 stream, u8 0[3], u32 length LE, u64 ns LE} and the bytes (native/shim.c).
 * Read in pieces, so that a log of any size takes little memory.
 */
import { closeSync, fstatSync, openSync, readSync, watch } from 'node:fs';
import { Readable } from 'node:stream';
import { frameOf } from './tap.ts';

export interface LogRecord { stream: 1 | 2; ns: bigint; data: Buffer }
/** since and until: seconds since 1970 with a fraction; tail: lines, absent for all. */
export interface LogOptions { stdout: boolean; stderr: boolean; follow: boolean; since?: number; until?: number; tail?: number; timestamps: boolean }

const HEADER = 16;
const MAX_RECORD = 1 << 20;

/** What stands before a record's bytes. */
export function headerOf(stream: 1 | 2, ns: bigint, length: number): Buffer {
  const head = Buffer.alloc(HEADER);
  head[0] = stream;
  head.writeUInt32LE(length, 4);
  head.writeBigUInt64LE(ns, 8);
  return head;
}

/** Every whole record from `offset` on; the returned offset is where the next one begins. */
export function* readRecords(fd: number, offset: number): Generator<LogRecord & { end: number }> {
  const head = Buffer.alloc(HEADER);
  const size = fstatSync(fd).size;
  for (let at = offset; at + HEADER <= size;) {
    readSync(fd, head, 0, HEADER, at);
    const length = head.readUInt32LE(4);
    const stream = head[0];
    if (length > MAX_RECORD || at + HEADER + length > size || (stream !== 1 && stream !== 2)) return;
    const data = Buffer.alloc(length);
    readSync(fd, data, 0, length, at + HEADER);
    at += HEADER + length;
    yield { stream, ns: head.readBigUInt64LE(8), data, end: at };
  }
}

/** Every record of a log; none where nothing was ever written. */
export function* recordsOf(path: string): Generator<LogRecord> {
  let fd: number;
  try {
    fd = openSync(path, 'r');
  } catch {
    return;
  }
  try {
    yield* readRecords(fd, 0);
  } finally {
    closeSync(fd);
  }
}

/** 1700000000123456789n → '2023-11-14T22:13:20.123456789Z' */
export function rfc3339Nano(ns: bigint): string {
  const seconds = new Date(Number(ns / 1_000_000n)).toISOString().slice(0, 19);
  return `${seconds}.${String(ns % 1_000_000_000n).padStart(9, '0')}Z`;
}

const wanted = (record: LogRecord, o: LogOptions): boolean => {
  const seconds = Number(record.ns) / 1e9;
  return (record.stream === 1 ? o.stdout : o.stderr) && (o.since === undefined || seconds >= o.since) && (o.until === undefined || seconds <= o.until);
};

/** Where the last `lines` lines of what is wanted begin: {offset of the record, bytes to leave out of it}. */
function tailStart(fd: number, o: LogOptions, lines: number): { offset: number; skip: number } {
  const starts: { offset: number; skip: number }[] = [];
  let begun = 0;
  let fresh = true;
  for (const record of readRecords(fd, 0)) {
    if (wanted(record, o)) {
      for (let j = 0; j < record.data.length; j++) {
        if (fresh) starts.push({ offset: begun, skip: j });
        if (starts.length > lines) starts.shift();
        fresh = record.data[j] === 10;
      }
    }
    begun = record.end;
  }
  return lines > 0 ? starts[0] ?? { offset: begun, skip: 0 } : { offset: begun, skip: 0 };
}

/** Each line gets its time in front; a record that goes on with a line does not. */
class Stamper {
  readonly #fresh: Record<number, boolean> = { 1: true, 2: true };
  stamp({ stream, ns, data }: LogRecord): Buffer {
    const parts: Buffer[] = [];
    for (let from = 0; from < data.length;) {
      const newline = data.indexOf(10, from);
      const to = newline < 0 ? data.length : newline + 1;
      if (this.#fresh[stream]) parts.push(Buffer.from(`${rfc3339Nano(ns)} `));
      parts.push(data.subarray(from, to));
      this.#fresh[stream] = newline >= 0;
      from = to;
    }
    return Buffer.concat(parts);
  }
}

export interface LogSource {
  path: string;
  tty: boolean;
  running(): boolean;
  /** called when the container has ended; returns the function that stops listening */
  onEnd(listener: () => void): () => void;
}

export function readLog(source: LogSource, options: LogOptions): Readable {
  return Readable.from(pieces(source, options), { objectMode: false });
}

async function* pieces(source: LogSource, o: LogOptions): AsyncGenerator<Buffer> {
  let fd: number;
  try {
    fd = openSync(source.path, 'r');
  } catch {
    return; // never started: nothing was written
  }
  const stamper = o.timestamps ? new Stamper() : undefined;
  let wake: () => void = () => undefined;
  const change = () => wake();
  const watcher = o.follow ? watch(source.path, change) : undefined;
  const stop = o.follow ? source.onEnd(change) : () => undefined;
  try {
    let { offset, skip } = o.tail === undefined ? { offset: 0, skip: 0 } : tailStart(fd, o, o.tail);
    for (;;) {
      const over = !o.follow || !source.running();
      for (const record of readRecords(fd, offset)) {
        offset = record.end;
        if (!wanted(record, o)) continue;
        const part = { ...record, data: record.data.subarray(skip) };
        skip = 0;
        const data = stamper ? stamper.stamp(part) : part.data;
        yield source.tty ? data : frameOf(record.stream, data);
      }
      if (over || (o.until !== undefined && Date.now() / 1000 > o.until)) return;
      await new Promise<void>((resolve) => {
        wake = resolve;
        const timer = setTimeout(resolve, 1000); // a change between the look and the wait
        timer.unref();
      });
    }
  } finally {
    watcher?.close();
    stop();
    closeSync(fd);
  }
}
