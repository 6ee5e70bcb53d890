/**
 * Groups events into bursts. Events come some hundred at a time, and drawing half a burst would delay the other half,
 * and on few processors the run itself too. So a burst is sent as a whole: when the run is held or at rest, or when no
 * event has come for `quietMs`. A burst that goes on is sent after at most `momentMs`.
 */
import type { Event } from '../../runtime/journal/event.ts';

const BATCH = 2000;
const underWay = { quietMs: 10, momentMs: 48 } as const;
const atRest = { quietMs: 2, momentMs: 16 } as const;
const restful = new Set(['created', 'running', 'paused', 'exited', 'failed', 'removed']);
/** True for an event after which nothing comes until a client moves the run on or the process does something. */
const rests = (event: Event): boolean =>
  event.type === 'gate' ? event.at === 'paused' : event.type === 'state' && restful.has(event.to);

export class Bursts {
  /** Events before this time are the past: after a stop among them nothing is waited for. */
  readonly #since = performance.timeOrigin + performance.now();
  #events: Event[] = [];
  #resting = true;
  #begun = 0;
  #last = 0;
  #timer: NodeJS.Timeout | undefined;
  #caughtUp: NodeJS.Immediate | undefined;
  #settled: NodeJS.Immediate | undefined;

  /** `more`: this is a piece of a long journal, and not the last one. */
  constructor(private readonly tell: (events: Event[], more: boolean) => void) {}

  /** Updates whether the run is at rest, also for events that are not sent. */
  pass(event: Event): void {
    if (event.type === 'state' || (event.type === 'gate' && typeof event.run !== 'string'))
      this.#resting = rests(event);
  }

  /** Returns true when a piece has just been sent. */
  add(event: Event): boolean {
    this.#last = performance.now();
    if (this.#events.push(event) === 1) this.#begun = this.#last;
    if (this.#events.length >= BATCH) this.#tellNow(true);
    else if (event.time <= this.#since) this.#catchUp();
    else if (rests(event)) this.#tellSoon();
    else this.#timer ??= setTimeout(() => this.#look(), (this.#resting ? atRest : underWay).quietMs);
    return !this.#events.length;
  }

  #tellNow(more: boolean): void {
    if (this.#events.length) this.tell(this.#events, more);
    this.#events = [];
  }
  /**
   * Sends at the next turn of the loop, together with what happens until then. For instance, the end of a start and the
   * rights that are left go out together.
   */
  #tellSoon(): void {
    this.#settled ??= setImmediate(() => {
      this.#settled = undefined;
      this.#tellNow(false);
    });
  }
  /**
   * Events that exist already come without a turn of the loop. When the run is at rest, nothing more is waited for
   * after them.
   */
  #catchUp(): void {
    this.#caughtUp ??= setImmediate(() => {
      this.#caughtUp = undefined;
      if (this.#resting) this.#tellNow(false);
      else this.#look();
    });
  }
  #look(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const pace = this.#resting ? atRest : underWay;
    const wait = Math.min(this.#last + pace.quietMs, this.#begun + pace.momentMs) - performance.now();
    if (wait <= 0) this.#tellSoon();
    else if (this.#events.length) this.#timer = setTimeout(() => this.#look(), wait);
  }

  /** Sends what is waiting, and ends. */
  end(): void {
    clearTimeout(this.#timer);
    clearImmediate(this.#caughtUp);
    clearImmediate(this.#settled);
    this.#tellNow(false);
  }
}
