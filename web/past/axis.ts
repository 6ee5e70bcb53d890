/**
 * The axis of the time line: moments in their order, without idle time between them. Each event of the opened journal
 * takes one unit, and each moment of the rest of the machine `weight` units, so that it is seen beside a long journal.
 *
 *   events     0 1 2 3 ·     · 4 5 6 7
 *   moments            a  b
 *   values     0 1 2 3 4… 6… 8 9 …
 */
export interface Moment {
  time: number;
}
export interface Stop {
  /** the index of an event; absent at a moment of the machine */
  k?: number;
  /** ms since 1970; absent at an event */
  at?: number;
}

/** The number of elements before the first one for which `fits` holds; all for which it holds come last. */
export function before(length: number, fits: (at: number) => boolean): number {
  let [low, high] = [0, length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (fits(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** The index of the last event at that time or before it; -1 if all are later. */
export const eventAt = (events: readonly Moment[], time: number): number =>
  before(events.length, (at) => events[at]!.time > time) - 1;

/** Moments of the machine together take at most this part of a long journal's width. */
const SHARE = 4;

export class Axis {
  /** for each moment, how many events are not later */
  readonly #after: readonly number[];
  readonly weight: number;

  /** `moments`: the oldest first */
  constructor(
    readonly events: readonly Moment[],
    readonly moments: readonly Moment[],
  ) {
    this.#after = moments.map(({ time }) => eventAt(events, time) + 1);
    this.weight = Math.max(1, Math.floor(events.length / (SHARE * Math.max(1, moments.length))));
  }

  get length(): number {
    return this.events.length + this.weight * this.moments.length;
  }
  #begin = (moment: number): number => this.#after[moment]! + this.weight * moment;

  ofEvent(k: number): number {
    return k + this.weight * before(this.moments.length, (at) => this.#after[at]! > k);
  }
  /** The value of the moment at that time, or of what came before it. */
  ofTime(time: number): number {
    const moment = before(this.moments.length, (at) => this.moments[at]!.time > time) - 1;
    const k = eventAt(this.events, time);
    return Math.max(moment < 0 ? 0 : this.#begin(moment), k < 0 ? 0 : this.ofEvent(k));
  }

  stop(value: number): Stop {
    const moment = before(this.moments.length, (at) => this.#begin(at) > value) - 1;
    if (moment >= 0 && value < this.#begin(moment) + this.weight) return { at: this.moments[moment]!.time };
    const k = Math.min(this.events.length - 1, value - this.weight * (moment + 1));
    return k < 0 ? {} : { k };
  }
  /** The value of the next stop in that direction. */
  next(value: number, by: 1 | -1): number {
    const here = this.stop(value);
    const start = here.at === undefined ? value : this.ofTime(here.at);
    const to = by < 0 ? start - 1 : start + (here.at === undefined ? 1 : this.weight);
    const inside = Math.max(0, Math.min(this.length - 1, to));
    const { at } = this.stop(inside);
    return at === undefined ? inside : this.ofTime(at);
  }
}
