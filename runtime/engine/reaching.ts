/** The files of a stopped container while they are mounted for `cp`: by one request after the other. */

export class Reaching {
  #last: Promise<unknown> | undefined;

  /** `changed` is called when files are no longer mounted. */
  constructor(private readonly changed: () => void) {}

  /** While this is true, neither a start nor a removal may begin. */
  get busy(): boolean {
    return this.#last !== undefined;
  }

  /**
   * In turn, because overlayfs does not define what two mounts with one upperdir do. `work` looks at the container's
   * state again, because another client may have started it meanwhile.
   */
  async inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = (this.#last ?? Promise.resolve()).then(work);
    const turn = (this.#last = result.catch(() => undefined));
    try {
      return await result;
    } finally {
      if (this.#last === turn) this.#last = undefined;
      this.changed();
    }
  }

  /** Resolves when no files are mounted. What the caller does next without a wait comes before the next `cp`. */
  async over(): Promise<void> {
    while (this.#last) await this.#last;
  }
}
