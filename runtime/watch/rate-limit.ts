/**
 * Limits how often something is reported, so that a container that writes without end neither fills its journal nor
 * keeps the daemon busy.
 */

/** Allows `burst` reports at once and `perSecond` a second in the long run. */
export class Bucket {
  #left: number;
  #filled = 0;
  constructor(
    private readonly burst: number,
    private readonly perSecond: number,
  ) {
    this.#left = burst;
  }

  take(now: number): boolean {
    this.#left = Math.min(this.burst, this.#left + ((now - this.#filled) / 1000) * this.perSecond);
    this.#filled = now;
    if (this.#left < 1) return false;
    this.#left--;
    return true;
  }
}

const FIRST_MS = 200;
const MOST_MS = 3200;
const QUIET = 2;

/** Doubles the pause between reports of a key that changes again and again, until it has not changed for a while. */
export class Spacing {
  readonly #last = new Map<string, { at: number; wait: number }>();

  /** Whether `key` may be reported now. If so, it counts as reported. */
  may(key: string, now: number): boolean {
    const last = this.#last.get(key);
    if (last && now < last.at + last.wait) return false;
    const restless = last && now < last.at + last.wait * (1 + QUIET);
    this.#last.set(key, { at: now, wait: restless ? Math.min(MOST_MS, last.wait * 2) : FIRST_MS });
    return true;
  }

  forget(key: string): void {
    this.#last.delete(key);
  }
}
