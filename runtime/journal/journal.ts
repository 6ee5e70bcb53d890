/** The append-only record of one container: NDJSON, kept until `rm`. */
import { appendFileSync, existsSync, readFileSync, truncateSync } from 'node:fs';
import type { Event, NewEvent } from './event.ts';
import { isEvent } from './readable.ts';
import { textOf } from './text.ts';

export class Journal {
  /** of a journal without a file; others are read from theirs when somebody asks: a start's events would be megabytes in two hundred runs */
  readonly #events: Event[] = [];
  #seq: number;
  #pending: Event[] = [];
  #text = '';
  #scheduled = false;
  #closed = false;
  /** the last write may have ended in the middle of a line */
  #torn = false;
  readonly #ended = new Set<() => void>();
  readonly #listeners = new Set<(event: Event) => void>();
  run: number | string = 0;

  private constructor(readonly path: string | undefined, begun = 0) {
    this.#seq = begun;
  }

  /** Opens the file, or begins it. A last line that a dying daemon left half written is cut off. */
  static open(path: string): Journal {
    if (!existsSync(path)) return new Journal(path);
    const { events, good } = parse(readFileSync(path));
    truncateSync(path, good);
    return new Journal(path, events.length);
  }

  /** For what belongs to no container, as `drydock pull`. */
  static inMemory(): Journal {
    return new Journal(undefined);
  }

  /** `step` and `run` are what the event belongs to, unless it says so itself. */
  append(event: NewEvent, step?: string, run: number | string = this.run): Event {
    const time = performance.timeOrigin + performance.now();
    const full = (step === undefined ? { seq: this.#seq++, time, run, ...event } : { seq: this.#seq++, time, run, step, ...event }) as Event;
    if (this.#listeners.size) for (const listener of this.#listeners) listener(full);
    if (!this.path) this.#events.push(full);
    else if (!this.#closed) this.#keep(full);
    return full;
  }

  /** One write for all events of a turn of the event loop: a start makes some hundred of them. */
  #keep(event: Event): void {
    this.#pending.push(event);
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => this.flush());
  }

  /** Makes text of what is still to be written, when there is a moment: while a stage works, say. */
  prepare(): void {
    for (const event of this.#pending) this.#text += `${textOf(event)}\n`;
    this.#pending.length = 0;
  }

  flush(): void {
    this.#scheduled = false;
    this.prepare();
    const text = this.#text;
    this.#text = '';
    if (!this.path || !text) return;
    try {
      appendFileSync(this.path, this.#torn ? `\n${text}` : text, { mode: 0o600 });
      this.#torn = false;
    } catch {
      // as with the log: on a full disk the record is lost, and what is recorded goes on
      this.#torn = true;
    }
  }

  events(): Event[] {
    this.flush();
    return !this.path ? this.#events : existsSync(this.path) ? parse(readFileSync(this.path)).events : [];
  }

  /** The file is about to go: nothing more is written, and those who follow are told that this was all. */
  close(): void {
    this.flush();
    this.#closed = true;
    this.#ended.forEach((end) => end());
  }

  listen(listener: (event: Event) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** All events so far, then with `follow` those that come, until the signal. */
  async *read(follow: boolean, signal?: AbortSignal): AsyncGenerator<Event> {
    let queue = this.events().slice();
    let wake: (() => void) | undefined;
    const nudge = () => wake?.();
    const stop = follow ? this.listen((event) => { queue.push(event); nudge(); }) : () => undefined;
    signal?.addEventListener('abort', nudge, { once: true });
    this.#ended.add(nudge);
    try {
      for (;;) {
        // a hundred thousand events are not moved up for each that leaves
        while (queue.length) {
          const batch = queue;
          queue = [];
          yield* batch;
        }
        if (!follow || signal?.aborted || this.#closed) return;
        await new Promise<void>((resolve) => (wake = resolve));
        wake = undefined;
        if (signal?.aborted && !queue.length) return;
      }
    } finally {
      stop();
      this.#ended.delete(nudge);
    }
  }
}

function parse(bytes: Buffer): { events: Event[]; good: number } {
  const good = bytes.lastIndexOf(10) + 1;
  const events: Event[] = [];
  for (const line of bytes.subarray(0, good).toString('utf8').split('\n')) {
    if (!line) continue;
    try {
      const value: unknown = JSON.parse(line);
      if (isEvent(value)) events.push(value);
    } catch {
      // a damaged line tells nothing; those around it still do
    }
  }
  return { events, good };
}
