/** What is made for the cache now, so that two builds or stages that need the same make it once. */
import { orAborted } from '../../kernel/or-aborted.ts';

export class UnderWay {
  readonly #claims = new Map<string, Promise<void>>();

  /**
   * Resolves with the function that ends the claim, when all earlier claims have ended. `waits` is called when there is
   * one. Rejects when `signal` is aborted.
   */
  async claim(name: string, waits: () => void, signal: AbortSignal): Promise<() => void> {
    if (this.#claims.has(name)) waits();
    for (let other; (other = this.#claims.get(name));) await orAborted(other, signal);
    signal.throwIfAborted();
    let end!: () => void;
    const claim = new Promise<void>((resolve) => (end = resolve));
    this.#claims.set(name, claim);
    return () => {
      if (this.#claims.get(name) === claim) this.#claims.delete(name);
      end();
    };
  }
}
