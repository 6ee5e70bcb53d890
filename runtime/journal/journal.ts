/** The append-only record of one container: NDJSON, kept until `rm`. */
import { appendFileSync, existsSync, readFileSync, truncateSync } from 'node:fs';
import type { Event, NewEvent } from './event.ts';
import { isEvent } from './readable.ts';

export class Journal {
  #events: Event[] | undefined;
  #seq: number;
  #pending: string[] = [];
  #scheduled = false;
  #closed = false;
  readonly #ended = new Set<() => void>();
  readonly #listeners = new Set<(event: Event) => void>();
  run: number | string = 0;

  private constructor(readonly path: string | undefined, events: Event[]) {
    this.#events = events;
    this.#seq = events.length;
  }

  /** Opens the file, or begins it. A last line that a dying daemon left half written is cut off. */
  static open(path: string): Journal {
    if (!existsSync(path)) return new Journal(path, []);
    const { events, good } = parse(readFileSync(path));
    truncateSync(path, good);
    return new Journal(path, events);
  }

  /** For what belongs to no container, as `drydock pull`. */
  static inMemory(): Journal {
    return new Journal(undefined, []);
  }

  append(event: NewEvent): Event {
    const full = { seq: this.#seq++, time: performance.timeOrigin + performance.now(), run: this.run, ...event } as Event;
    this.#events?.push(full);
    for (const listener of this.#listeners) listener(full);
    if (this.path && !this.#closed) this.#write(full);
    return full;
  }

  /** One write for all events of a turn of the event loop: a start makes some hundred of them. */
  #write(event: Event): void {
    this.#pending.push(JSON.stringify(event));
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => this.flush());
  }

  flush(): void {
    this.#scheduled = false;
    if (!this.path || !this.#pending.length) return;
    const text = `${this.#pending.join('\n')}\n`;
    this.#pending = [];
    appendFileSync(this.path, text, { mode: 0o600 });
  }

  events(): Event[] {
    if (this.#events) return this.#events;
    this.flush();
    return this.path && existsSync(this.path) ? parse(readFileSync(this.path)).events : [];
  }

  /** Memory is for what may still change; a finished container's journal is read from its file. */
  forget(): void {
    if (!this.path) return;
    this.flush();
    this.#events = undefined;
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
