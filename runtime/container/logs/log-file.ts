/**
 * Reads a container's output as the shim wrote it, over all files of the log. It reads in pieces, so that a log of any
 * size needs little memory and does not block the daemon.
 */
import { watch, type FSWatcher } from 'node:fs';
import { type Duplex, Readable } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import { logAfter, newestLog, oldestLog, type OpenLog } from './log-files.ts';
import { framed, type LogRecord, placedIn, type Spans } from './log-record.ts';
import { tailOf } from './log-tail.ts';
import { turn } from '../../kernel/turn.ts';
import { frameOf } from '../io/tap.ts';

/** since and until are in nanoseconds since 1970; tail is a number of lines, absent for all. */
export interface LogOptions {
  stdout: boolean;
  stderr: boolean;
  follow: boolean;
  since?: bigint;
  until?: bigint;
  tail?: number;
  timestamps: boolean;
  /** the attributes of the log before each line */
  details?: boolean;
}

/** After this time a record is complete, unless a full disk has cut it. */
const SETTLE_MS = 20;
/** Records that get their times in one turn. */
const RECORDS_A_TURN = 256;
/** How often a follower checks the file without an event. */
const LOOK_MS = 1000;

/** 1700000000123456789n → '2023-11-14T22:13:20.123456789Z' */
export function rfc3339Nano(ns: bigint): string {
  const seconds = new Date(Number(ns / 1_000_000n)).toISOString().slice(0, 19);
  return `${seconds}.${String(ns % 1_000_000_000n).padStart(9, '0')}Z`;
}

type Which = Pick<LogOptions, 'stdout' | 'stderr' | 'since' | 'until'>;
const isWanted = (o: Which, stream: 1 | 2, ns: () => bigint): boolean => {
  if (!(stream === 1 ? o.stdout : o.stderr)) return false;
  return (o.since === undefined || ns() >= o.since) && (o.until === undefined || ns() <= o.until);
};
const wanted = ({ stream, ns }: LogRecord, o: Which): boolean => isWanted(o, stream, () => ns);

/** Puts the time, the attributes or both before each line. A record that continues a line gets none. */
class Stamper {
  readonly #fresh: Record<number, boolean> = { 1: true, 2: true };
  constructor(
    private readonly timestamps: boolean,
    private readonly attributes: string | undefined,
  ) {}

  stamp({ stream, ns, data }: LogRecord): Buffer {
    const parts: Buffer[] = [];
    const time = this.timestamps ? `${rfc3339Nano(ns)} ` : '';
    const head = Buffer.from(this.attributes === undefined ? time : `${time}${this.attributes} `);
    for (let from = 0; from < data.length;) {
      const newline = data.indexOf(10, from);
      const to = newline < 0 ? data.length : newline + 1;
      if (this.#fresh[stream]) parts.push(head);
      parts.push(data.subarray(from, to));
      this.#fresh[stream] = newline >= 0;
      from = to;
    }
    return Buffer.concat(parts);
  }
}

const NONE: Spans = { bytes: Buffer.alloc(0), spans: [] };

/**
 * Reads the files of a log one after the other from a position. It holds one file open. `end` is where to stop when the
 * reader does not follow.
 */
class Reading {
  #offset: number;
  /** the file was renamed, so nothing more is written to it */
  #left = false;

  constructor(
    private readonly path: string,
    private file: OpenLog,
    offset = 0,
    private readonly end?: { file: OpenLog; size: number },
    private readonly changed: () => void = () => undefined,
  ) {
    this.#offset = offset;
  }

  /** The next records; an empty list when there are none at the moment. */
  async records(): Promise<LogRecord[]> {
    return placedIn(await this.next());
  }

  /** Where the next records are; no span when there are none at the moment. */
  async next(): Promise<Spans> {
    for (;;) {
      const from = this.#offset;
      if (this.end && from >= this.end.size && this.file.is(this.end.file)) return NONE;
      let { bytes, spans, next } = await this.file.spans(from, false);
      if (next === from && this.file.size > from) {
        await pause(SETTLE_MS);
        ({ bytes, spans, next } = await this.file.spans(from));
      }
      this.#offset = next;
      if (spans.length) return { bytes, spans };
      if (next > from) continue;
      // the file was truncated: read it from the beginning
      if (this.file.size < from) this.#offset = 0;
      else if ((this.end && this.file.is(this.end.file)) || !this.#goOn()) return NONE;
    }
  }

  /** Goes to the next file, after a renamed file was read to its end. */
  #goOn(): boolean {
    const newer = logAfter(this.path, this.file);
    if (!newer) return false;
    if (!this.#left) {
      newer.close();
      return (this.#left = true);
    }
    this.file.close();
    this.file = newer;
    this.#offset = 0;
    this.#left = false;
    this.changed();
    return true;
  }

  /** True when nothing was written since next() found nothing. */
  get atEnd(): boolean {
    return this.file.size <= this.#offset;
  }
  close(): void {
    this.file.close();
  }
}

/** All records that exist now, from the oldest file on. */
export async function* recordsOf(path: string): AsyncGenerator<LogRecord[]> {
  const newest = newestLog(path);
  if (!newest) return;
  const reading = new Reading(path, oldestLog(path) ?? newest.again(), 0, { file: newest, size: newest.size });
  try {
    for (let records = await reading.records(); records.length; records = await reading.records()) yield records;
  } finally {
    reading.close();
    newest.close();
  }
}

export interface LogSource {
  path: string;
  tty: boolean;
  /** 'key=value,…' for LogOptions.details */
  attributes(): string;
  running(): boolean;
  /** calls `listener` when the container has ended; returns the function that stops this */
  onEnd(listener: () => void): () => void;
}

export function readLog(source: LogSource, options: LogOptions): Readable {
  return Readable.from(pieces(source, options), { objectMode: false });
}

/**
 * Watches the file for changes with inotify(7). The watch follows the file and not its name, so a new one is made for
 * each file.
 */
class Changes {
  #watcher: FSWatcher | undefined;
  #heard = false;
  /** true when the file has changed to another one since begin() */
  lost = false;
  #wake: () => void = () => undefined;
  readonly hear = (): void => {
    this.#heard = true;
    this.#wake();
  };

  constructor(private readonly path: string) {}

  /** Call this before the last read, so that a change between this read and the wait is not missed. */
  begin(): void {
    this.#heard = this.lost = false;
    try {
      this.#watcher ??= watch(this.path, this.hear).on('error', () => this.anew());
    } catch {
      // the name does not exist at the moment, or there are no inotify watches left: the check every LOOK_MS remains
    }
  }
  anew(): void {
    this.lost = true;
    this.#watcher?.close();
    this.#watcher = undefined;
  }
  async wait(): Promise<void> {
    if (this.#heard) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, LOOK_MS);
      this.#wake = () => (clearTimeout(timer), resolve());
    });
  }
}

async function* pieces(source: LogSource, o: LogOptions): AsyncGenerator<Buffer> {
  const newest = newestLog(source.path);
  if (!newest) return; // it was never started, so there is no output
  const end = o.follow ? undefined : { file: newest, size: newest.size };
  const attributes = o.details ? source.attributes() : undefined;
  const stamper = o.timestamps || o.details ? new Stamper(o.timestamps, attributes) : undefined;
  const changes = new Changes(source.path);
  const stop = o.follow ? source.onEnd(changes.hear) : () => undefined;
  let reading: Reading | undefined;
  try {
    const place =
      o.tail === undefined ? undefined : await tailOf(source.path, newest, o.tail, (record) => wanted(record, o));
    let skip = place?.skip ?? 0;
    const file = place
      ? place.file === newest
        ? newest.again()
        : place.file
      : (oldestLog(source.path) ?? newest.again());
    reading = new Reading(source.path, file, place?.offset, end, () => changes.anew());
    for (;;) {
      const over = !o.follow || !source.running();
      if (o.follow) changes.begin();
      const found = await reading.next();
      if (stamper || skip) {
        for (const [j, record] of placedIn(found).entries()) {
          if (j % RECORDS_A_TURN === 0) await turn();
          if (!wanted(record, o)) continue;
          const part = skip ? { ...record, data: record.data.subarray(skip) } : record;
          skip = 0;
          const data = stamper ? stamper.stamp(part) : part.data;
          // the times before many short lines are many times longer than the lines, so send each record alone
          yield source.tty ? data : frameOf(part.stream, data);
        }
      } else if (found.spans.length) {
        // without an object for each line: those of a block outlive a collection, and would stay in memory for long
        const block = framed(found, (stream, ns) => isWanted(o, stream, ns), source.tty);
        if (block.length) yield block;
      }
      if (found.spans.length || (o.follow && changes.lost)) continue;
      if (over || (o.until !== undefined && BigInt(Date.now()) * 1_000_000n > o.until)) return;
      await changes.wait();
    }
  } finally {
    changes.anew();
    stop();
    reading?.close();
    newest.close();
  }
}

/**
 * Sends everything that was written to a client before it is coupled. When this returns, the log has nothing more, and
 * no other event was handled since that check.
 */
export async function replayLog(
  path: string,
  client: Duplex,
  o: { tty: boolean; stdout: boolean; stderr: boolean },
): Promise<void> {
  const file = oldestLog(path);
  if (!file) return;
  const reading = new Reading(path, file);
  try {
    while (!client.destroyed) {
      const records = await reading.records();
      if (!records.length && reading.atEnd) return;
      for (const record of records) {
        if (record.stream === 1 ? o.stdout : o.stderr)
          client.write(o.tty ? record.data : frameOf(record.stream, record.data));
      }
      if (client.writableNeedDrain) await drained(client);
    }
  } finally {
    reading.close();
  }
}

function drained(client: Duplex): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      client.off('drain', done).off('close', done);
      resolve();
    };
    client.once('drain', done).once('close', done);
  });
}
