/** The append-only record of one container: NDJSON, kept until `rm`. */
import { appendFileSync, existsSync, readFileSync, truncateSync } from 'node:fs';
import type { Event } from './event.ts';
import { eventOf, type Happened, Late } from './lazy-event.ts';
import { isEvent } from './readable.ts';
import { textOf } from './text.ts';

/** What happened, as it is kept until it is written. */
interface Entry {
  seq: number;
  time: number;
  run: number | string;
  step: string | undefined;
  what: Happened;
  event: Event | undefined;
}

/** Made once, for all who want it. */
function whole(entry: Entry): Event {
  if (entry.event) return entry.event;
  const { seq, time, run, step, what } = entry;
  return (entry.event = (
    step === undefined ? { seq, time, run, ...eventOf(what) } : { seq, time, run, step, ...eventOf(what) }
  ) as Event);
}

/**
 * Text is made and written so long after the first event that waits for it, in one write: by then a start is over, and
 * nothing of it has waited for the journal. Whoever reads gets what is not written yet as well; only kill -9 loses it,
 * and how to clean up after that is asked of the kernel and of the leases, not of the journal.
 */
const LATE_MS = 50;
/**
 * Of all journals together, and of those that wait for one who follows: two hundred starts at once would be a hundred
 * thousand events in memory.
 */
const MANY = 4096;
const unwritten = new Set<Journal>();
const flushAll = () => unwritten.forEach((journal) => journal.flush());
let waiting = 0;
process.once('exit', flushAll);

export class Journal {
  /**
   * of a journal without a file; others are read from theirs when somebody asks: a start's events would be megabytes in
   * two hundred runs
   */
  readonly #events: Event[] = [];
  #seq: number;
  #pending: Entry[] = [];
  #late: NodeJS.Timeout | undefined;
  #closed = false;
  /** the last write may have ended in the middle of a line */
  #torn = false;
  readonly #ended = new Set<() => void>();
  readonly #listeners = new Set<(event: Event) => void>();
  readonly #followers = new Set<(entry: Entry) => void>();
  run: number | string = 0;

  private constructor(
    readonly path: string | undefined,
    begun = 0,
  ) {
    this.#seq = begun;
  }

  /** How many events there are: the number that the next one gets. */
  get length(): number {
    return this.#seq;
  }

  /** Opens the file, or begins it. A last line that a dying daemon left half written is cut off. */
  static open(path: string): Journal {
    if (!existsSync(path)) return new Journal(path);
    const bytes = readFileSync(path);
    truncateSync(path, endOf(bytes));
    let count = 0;
    for (const piece of pieces(bytes)) count += piece.length;
    return new Journal(path, count);
  }

  /** For what belongs to no container, as `drydock pull`. */
  static inMemory(): Journal {
    return new Journal(undefined);
  }

  /** `step` and `run` are what the event belongs to, unless it says so itself. */
  append(what: Happened, step?: string, run: number | string = this.run): void {
    const entry: Entry = {
      seq: this.#seq++,
      time: what instanceof Late ? what.time : performance.timeOrigin + performance.now(),
      run,
      step,
      what,
      event: undefined,
    };
    if (!this.path) this.#events.push(whole(entry));
    if (this.#listeners.size && !(what instanceof Late)) for (const listener of this.#listeners) listener(whole(entry));
    if (this.#followers.size) for (const follow of this.#followers) follow(entry);
    if (this.path && !this.#closed) this.#keep(entry);
  }

  #keep(entry: Entry): void {
    if (this.#pending.push(entry) === 1) {
      unwritten.add(this);
      this.#late = setTimeout(() => this.flush(), LATE_MS);
    }
    if (++waiting > MANY) flushAll();
  }

  flush(): void {
    let text = '';
    for (const entry of this.#taken()) text += `${textOf(whole(entry))}\n`;
    if (!this.path || !text) return;
    try {
      appendFileSync(this.path, this.#torn ? `\n${text}` : text, { mode: 0o600 });
      this.#torn = false;
    } catch {
      // as with the log: on a full disk the record is lost, and what is recorded goes on
      this.#torn = true;
    }
  }

  /** What waits no more. */
  #taken(): Entry[] {
    clearTimeout(this.#late);
    this.#late = undefined;
    unwritten.delete(this);
    waiting -= this.#pending.length;
    return this.#pending.splice(0);
  }

  events(): Event[] {
    return [...this.#past()].flat();
  }

  /** What has happened by now, in pieces: of a long journal the first is there before the last is made. */
  #past(): Iterable<readonly Event[]> {
    if (!this.path) return [this.#events.slice()];
    // of one that has just begun nothing is in the file yet, and whoever follows a start from its first event need not
    // wait for the disk
    if (!this.#closed && this.#pending.length === this.#seq) return [this.#pending.map(whole)];
    this.flush();
    return existsSync(this.path) ? pieces(readFileSync(this.path)) : [];
  }

  /** The file is about to go: nothing more is written, and those who follow are told that this was all. */
  close(): void {
    this.#taken();
    this.#closed = true;
    this.#ended.forEach((end) => end());
  }

  /**
   * Hears at once of what is no system call: those would have to be made events of while the run goes on. Returns what
   * ends it.
   */
  listen(listener: (event: Event) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** All events so far, then with `follow` those that come, until the signal. */
  async *read(follow: boolean, signal?: AbortSignal): AsyncGenerator<Event> {
    for await (const events of this.batches(follow, signal)) yield* events;
  }

  /**
   * The same, as many at a time as there are: a promise for each of a hundred thousand events takes longer than all
   * else. Whoever follows hears of them when the daemon has a moment: a start that nothing holds up does not wait for
   * those who watch it. For one that does not take them only some thousand are kept: the file has the others.
   */
  async *batches(follow: boolean, signal?: AbortSignal): AsyncGenerator<readonly Event[]> {
    let queue: Entry[] = [];
    // then the file has what comes next
    let behind = true;
    let next = 0;
    let wake: (() => void) | undefined;
    let soon: NodeJS.Immediate | undefined;
    const nudge = () => wake?.();
    const heard = (entry: Entry) => {
      if (queue.push(entry) > MANY) behind = true;
      if (behind) queue = [];
      soon ??= setImmediate(() => ((soon = undefined), nudge()));
    };
    if (follow) this.#followers.add(heard);
    signal?.addEventListener('abort', nudge, { once: true });
    this.#ended.add(nudge);
    try {
      for (;;) {
        while (behind) {
          behind = false;
          for (const piece of this.#past()) {
            if (signal?.aborted) return;
            const events = next ? piece.filter(({ seq }) => seq >= next) : piece;
            next = (events.at(-1)?.seq ?? next - 1) + 1;
            if (events.length) yield events;
          }
        }
        if (queue.length) {
          const batch = queue;
          queue = [];
          next = batch.at(-1)!.seq + 1;
          yield batch.map(whole);
          continue;
        }
        if (!follow || signal?.aborted || this.#closed) return;
        await new Promise<void>((resolve) => (wake = resolve));
        wake = undefined;
        if (signal?.aborted && !queue.length) return;
      }
    } finally {
      this.#followers.delete(heard);
      clearImmediate(soon);
      this.#ended.delete(nudge);
    }
  }
}

/** Bytes of a journal that are read at once: some two thousand events. */
const PIECE = 512 * 1024;
/** Behind the last whole line. */
const endOf = (bytes: Buffer): number => bytes.lastIndexOf(10) + 1;

function* pieces(bytes: Buffer): Generator<Event[]> {
  const end = endOf(bytes);
  for (let at = 0, to = 0; at < end; at = to) {
    to = bytes.indexOf(10, Math.min(at + PIECE, end - 1)) + 1;
    yield eventsIn(bytes.toString('utf8', at, to));
  }
}

function eventsIn(text: string): Event[] {
  const events: Event[] = [];
  for (const line of text.split('\n')) {
    if (!line) continue;
    try {
      const value: unknown = JSON.parse(line);
      if (isEvent(value)) events.push(value);
    } catch {
      // a damaged line tells nothing; those around it still do
    }
  }
  return events;
}
