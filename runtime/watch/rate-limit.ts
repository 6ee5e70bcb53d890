/**
 * How often something may be told: a container that writes without end must not fill its journal, nor keep the daemon
 * busy.
 */

/** So many at once, and so many a second in the long run. */
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

/** What changes again and again is told twice as seldom each time, until it has been quiet for a while. */
export class Spacing {
  readonly #last = new Map<string, { at: number; wait: number }>();

  /** Whether `key` may be told now; if so, it counts as told. */
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
