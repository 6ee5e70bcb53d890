/**
 * Events come in bursts of some hundred, and a picture of half a burst holds up the picture of the other half, as well
 * as the run itself where processors are few. So a burst travels together: when the run has come to stand or to rest,
 * or when nothing has come for a while. One that goes on is not waited for longer than a moment.
 */
import type { Event } from '../../runtime/journal/event.ts';

const BATCH = 2000;
const underWay = { quietMs: 10, momentMs: 48 } as const;
const atRest = { quietMs: 2, momentMs: 16 } as const;
const restful = new Set(['created', 'running', 'paused', 'exited', 'failed', 'removed']);
/** Behind it nothing comes until somebody moves the run on, or the process does something. */
const rests = (event: Event): boolean =>
  event.type === 'gate' ? event.at === 'paused' : event.type === 'state' && restful.has(event.to);

export class Bursts {
  /** what happened before somebody looked is past: nothing is waited for behind its stops */
  readonly #since = performance.timeOrigin + performance.now();
  #events: Event[] = [];
  #resting = true;
  #begun = 0;
  #last = 0;
  #timer: NodeJS.Timeout | undefined;
  #caughtUp: NodeJS.Immediate | undefined;
  #settled: NodeJS.Immediate | undefined;

  /** `more`: it is a piece of a long journal, and not the last. */
  constructor(private readonly tell: (events: Event[], more: boolean) => void) {}

  /** Where the run is, also by what need not be told. */
  pass(event: Event): void {
    if (event.type === 'state' || (event.type === 'gate' && typeof event.run !== 'string'))
      this.#resting = rests(event);
  }

  /** True when a piece has just been told. */
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
   * With what has happened by then, and is said in the same breath: of a start that has come to an end, which rights
   * are left.
   */
  #tellSoon(): void {
    this.#settled ??= setImmediate(() => {
      this.#settled = undefined;
      this.#tellNow(false);
    });
  }
  /**
   * What was there already comes without a turn of the loop, and of a run that rests nothing is waited for behind it.
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

  /** Tells what waits, and is over. */
  end(): void {
    clearTimeout(this.#timer);
    clearImmediate(this.#caughtUp);
    clearImmediate(this.#settled);
    this.#tellNow(false);
  }
}
