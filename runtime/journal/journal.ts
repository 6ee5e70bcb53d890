/** The append-only journal of one container: NDJSON, kept until `rm`, with a limit on its size (trim.ts). */
import {
  appendFileSync,
  closeSync,
  existsSync,
  fstatSync,
  openSync,
  read,
  readFileSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { promisify } from 'node:util';
import type { Event } from './event.ts';
import { eventOf, type NewOrLazyEvent, LazyEvent } from './lazy-event.ts';
import { endOf, eventsIn } from './stored-events.ts';
import { textOf } from './text.ts';
import { JOURNAL_MOST, linesOf, type Place, trim } from './trim.ts';

const readFrom = promisify(read);

/** An event and its context, as they are kept until they are written. */
interface Entry {
  seq: number;
  time: number;
  run: number | string;
  step: string | undefined;
  what: NewOrLazyEvent;
  event: Event | undefined;
}

/** The event of an entry. It is built once, for all readers. */
function whole(entry: Entry): Event {
  if (entry.event) return entry.event;
  const { seq, time, run, step, what } = entry;
  return (entry.event = (
    step === undefined ? { seq, time, run, ...eventOf(what) } : { seq, time, run, step, ...eventOf(what) }
  ) as Event);
}

/**
 * How long after the first unwritten event the events are written, in one write. By then a start is over, so it has not
 * waited for the journal. Readers also get events that are not written yet. Only kill -9 loses them; to clean up after
 * that, the daemon asks the kernel and the leases, not the journal.
 */
const LATE_MS = 50;
/**
 * The most unwritten events of all journals together, and the most that are kept for one follower. Without the limit,
 * two hundred starts at once would have a hundred thousand events in memory.
 */
const MANY = 4096;
/** A holder of event numbers. It must be told when trimming the journal changes them. */
export interface Numbers {
  /** Whether this exec still runs. If so, trimming keeps its events. */
  isLive(run: string): boolean;
  moved(place: Place): void;
}
const unwritten = new Set<Journal>();
const flushAll = () => unwritten.forEach((journal) => journal.flush());
let waiting = 0;
// a journal that is being trimmed at exit keeps its old file
process.once('exit', () => unwritten.forEach((journal) => journal.flush(true)));

export class Journal {
  /**
   * The events of a journal without a file. Others are read from the file when needed, because those of two hundred
   * runs would take megabytes.
   */
  readonly #events: Event[] = [];
  #seq: number;
  #pending: Entry[] = [];
  #late: NodeJS.Timeout | undefined;
  #closed = false;
  /** whether the last write may have ended in the middle of a line */
  #torn = false;
  /** bytes of the file; above `most` it is trimmed */
  #size: number;
  #trimming: Promise<void> | undefined;
  readonly numbers = new Set<Numbers>();
  readonly #ended = new Set<() => void>();
  readonly #listeners = new Set<(event: Event) => void>();
  readonly #followers = new Set<(entry: Entry) => void>();
  run: number | string = 0;

  private constructor(
    readonly path: string | undefined,
    private readonly most = JOURNAL_MOST,
    { begun, size } = { begun: 0, size: 0 },
  ) {
    this.#seq = begun;
    this.#size = size;
  }

  /** The number of events, which is the number of the next one. */
  get length(): number {
    return this.#seq;
  }

  /** Opens or makes the file. If a daemon died while it wrote the last line, that line is cut off. */
  static open(path: string, most = JOURNAL_MOST): Journal {
    return new Journal(path, most, existsSync(path) ? endOf(path) : undefined);
  }

  /** A journal without a file, for work that belongs to no container, as `drydock pull`. */
  static inMemory(): Journal {
    return new Journal(undefined);
  }

  /** Adds an event. `step` and `run` are those it belongs to, unless the event has its own. */
  append(what: NewOrLazyEvent, step?: string, run: number | string = this.run): void {
    const entry: Entry = {
      seq: this.#seq++,
      time: what instanceof LazyEvent ? what.time : performance.timeOrigin + performance.now(),
      run,
      step,
      what,
      event: undefined,
    };
    if (!this.path) this.#events.push(whole(entry));
    if (this.#listeners.size && !(what instanceof LazyEvent))
      for (const listener of this.#listeners) listener(whole(entry));
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

  flush(last = false): void {
    // events that come during the trimming are written after it, behind those that remain
    if (this.#trimming && !last) return;
    let text = '';
    for (const entry of this.#taken()) text += `${textOf(whole(entry))}\n`;
    if (!this.path || !text) return;
    try {
      appendFileSync(this.path, this.#torn ? `\n${text}` : text, { mode: 0o600 });
      this.#size += Buffer.byteLength(text);
      this.#torn = false;
      if (this.#size > this.most && !last) this.#trim(this.path);
    } catch {
      // as with the log: on a full disk the record is lost, and the work that it records continues
      this.#torn = true;
    }
  }

  #trim(path: string): void {
    const into = `${path}.trimmed`;
    const isLive = (run: string) => [...this.numbers].some((one) => one.isLive(run));
    this.#trimming = trim(path, into, this.most / 2, isLive)
      .then(({ place, bytes }) => {
        if (this.#closed) return rmSync(into, { force: true });
        renameSync(into, path);
        this.#size = bytes;
        this.#seq = place(this.#seq);
        for (const entry of this.#pending) {
          entry.seq = place(entry.seq);
          if (entry.event) entry.event = { ...entry.event, seq: entry.seq };
        }
        for (const one of this.numbers) one.moved(place);
      })
      .catch(() => {
        // probably a full disk: try again when the file has grown by as much as would have remained
        rmSync(into, { force: true });
        this.#size -= this.most / 2;
      })
      .finally(() => {
        this.#trimming = undefined;
        this.flush();
      });
  }

  /** Takes the unwritten events out of the journal. */
  #taken(): Entry[] {
    clearTimeout(this.#late);
    this.#late = undefined;
    unwritten.delete(this);
    waiting -= this.#pending.length;
    return this.#pending.splice(0);
  }

  /** All events at once, for tests and small journals. */
  events(): Event[] {
    if (!this.path) return this.#events.slice();
    this.flush();
    return existsSync(this.path) ? eventsIn(readFileSync(this.path, 'utf8').split('\n')) : [];
  }

  /** All events so far, in pieces: of a long journal the first piece comes before the last is parsed. */
  async *#past(): AsyncGenerator<readonly Event[]> {
    if (!this.path) return yield this.#events.slice();
    // of a journal that has just begun nothing is in the file yet, so a follower of a start need not wait for the disk
    if (!this.#closed && this.#pending.length === this.#seq) return yield this.#pending.map(whole);
    if (this.#trimming) await this.#trimming;
    this.flush();
    if (!existsSync(this.path)) return;
    // opened at once, because the file may be removed with its container in the next moment
    const fd = openSync(this.path, 'r');
    try {
      // only up to the present end, because followers get later events from the queue
      const { size } = fstatSync(fd);
      for await (const lines of linesOf({ read: (...at) => readFrom(fd, ...at) }, size)) yield eventsIn(lines);
    } finally {
      closeSync(fd);
    }
  }

  /** Ends the journal, because its file will be removed: nothing more is written, and followers end. */
  close(): void {
    this.#taken();
    this.#closed = true;
    this.#ended.forEach((end) => end());
  }

  /**
   * Calls `listener` at once for each event that is not a system call. System calls are left out, because their events
   * would have to be built while the run goes on. Returns a function that ends it.
   */
  listen(listener: (event: Event) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** All events so far; with `follow` also each new one, until the signal. */
  async *read(follow: boolean, signal?: AbortSignal): AsyncGenerator<Event> {
    for await (const events of this.batches(follow, signal)) yield* events;
  }

  /**
   * The same, in batches of as many events as there are, because a promise for each of a hundred thousand events would
   * take longer than all else. Followers get new events when the event loop is idle, so a start does not wait for them.
   * For a follower that does not read, only MANY events are kept; it reads the others from the file.
   */
  async *batches(follow: boolean, signal?: AbortSignal): AsyncGenerator<readonly Event[]> {
    let queue: Entry[] = [];
    // true: the next events must be read from the file
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
    const places: Place[] = [];
    const numbers: Numbers = {
      isLive: () => false,
      moved: (place) => {
        places.push(place);
        behind = true;
        queue = [];
        soon ??= setImmediate(() => ((soon = undefined), nudge()));
      },
    };
    this.numbers.add(numbers);
    if (follow) this.#followers.add(heard);
    signal?.addEventListener('abort', nudge, { once: true });
    this.#ended.add(nudge);
    try {
      for (;;) {
        while (behind) {
          behind = false;
          for (const place of places.splice(0)) next = place(next);
          for await (const piece of this.#past()) {
            if (signal?.aborted) return;
            const events = next ? piece.filter(({ seq }) => seq >= next) : piece;
            next = (events.at(-1)?.seq ?? next - 1) + 1;
            if (events.length) yield events;
          }
        }
        if (queue.length) {
          // some of these may have been read from the file already
          const batch = queue.filter(({ seq }) => seq >= next);
          queue = [];
          if (!batch.length) continue;
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
      this.numbers.delete(numbers);
      clearImmediate(soon);
      this.#ended.delete(nudge);
    }
  }
}
