/** Values by their ids, some of which are asked for before they are there: a client's calls come in any order. */
import { Code, ConnectError } from '@connectrpc/connect';

/** A call that names a session or a build waits for it so long, because a client on a busy machine may be slow. */
const WAIT_MS = 30_000;

export class Arrivals<Value> {
  readonly #there = new Map<string, Value>();
  readonly #waiting = new Map<string, Set<(value: Value) => void>>();

  get = (id: string): Value | undefined => this.#there.get(id);

  add(id: string, value: Value): void {
    this.#there.set(id, value);
    for (const tell of this.#waiting.get(id) ?? []) tell(value);
    this.#waiting.delete(id);
  }

  delete = (id: string): void => void this.#there.delete(id);

  /** Resolves when the value is there. Rejects when it does not come, and when `signal` is aborted. */
  when(id: string, what: string, signal: AbortSignal): Promise<Value> {
    const there = this.get(id);
    if (there !== undefined) return Promise.resolve(there);
    return new Promise((resolve, reject) => {
      const waiting = this.#waiting.get(id) ?? new Set();
      this.#waiting.set(id, waiting);
      const settle = (act: () => void) => {
        clearTimeout(timer);
        signal.removeEventListener('abort', gone);
        waiting.delete(come);
        if (!waiting.size && this.#waiting.get(id) === waiting) this.#waiting.delete(id);
        act();
      };
      const come = (value: Value) => settle(() => resolve(value));
      const gone = () => settle(() => reject(new ConnectError(`no ${what} ${id}`, Code.NotFound)));
      const timer = setTimeout(gone, WAIT_MS);
      signal.addEventListener('abort', gone, { once: true });
      waiting.add(come);
    });
  }
}
