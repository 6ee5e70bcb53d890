/**
 * By how much the kernel's counters have grown since a task was open, because earlier growth must not solve it. Opening
 * a lesson starts its own container, and on a slow processor that start alone is throttled for seconds. So the counters
 * of that container start when it first comes to rest, or with the first line typed at its prompt.
 */
export interface Counted {
  id: string;
  created: number;
  own: boolean;
  settled(): Promise<boolean>;
}

export class Growth {
  readonly #from = new Map<string, number>();
  readonly #settled = new Set<string>();

  /** `since`: when the task was open, ms since 1970; `now`: the counter's value. */
  async of(counter: string, now: number, since: number, { id, created, own, settled }: Counted): Promise<number> {
    const key = `${id} ${since} ${counter}`;
    if (own && !this.#settled.has(id)) {
      if (!(await settled())) return 0;
      this.#settled.add(id);
    }
    // A container that the learner made after that counts from 0: its start is the learner's action too.
    const from = this.#from.get(key) ?? (!own && created >= since ? 0 : now);
    // After another start the container has a new cgroup, whose counters begin at 0.
    const base = Math.min(from, now);
    this.#from.set(key, base);
    return now - base;
  }
}
