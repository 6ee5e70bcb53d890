/**
 * How much the kernel's counters have grown since a task began: what they counted before is nobody's answer to it.
 * Opening a lesson starts its own container, and where the processor is slow that start alone is throttled for seconds:
 * of that container they count from when it first comes to rest, or from the first line that is typed at its prompt.
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

  /** `since`: when the task began; `now`: what the counter says. */
  async of(counter: string, now: number, since: number, { id, created, own, settled }: Counted): Promise<number> {
    const key = `${id} ${since} ${counter}`;
    if (own && !this.#settled.has(id)) {
      if (!(await settled())) return 0;
      this.#settled.add(id);
    }
    // whoever made another one meanwhile has also caused its start
    const from = this.#from.get(key) ?? (!own && created >= since ? 0 : now);
    // a container that is started again has a new control group, which counts from nothing
    const base = Math.min(from, now);
    this.#from.set(key, base);
    return now - base;
  }
}
