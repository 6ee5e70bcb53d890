/**
 * Shares work that several pulls need at the same time: the first caller begins it, the others wait for it and see its
 * progress.
 */
import { decidedAtGate } from '../../kernel/errors.ts';

type Tell<P> = (progress: P) => void;
interface Running<T, P> {
  done: Promise<T>;
  followers: Set<Tell<P>>;
  stop: AbortController;
  last?: P;
}

export class Shared<T, P> {
  readonly #running = new Map<string, Running<T, P>>();

  /**
   * `signal` ends only this caller's waiting. When no caller waits any more, the work itself is stopped. Throws what
   * the work throws, or the signal's reason.
   */
  async run(
    key: string,
    work: (signal: AbortSignal, tell: Tell<P>) => Promise<T>,
    tell: Tell<P>,
    signal?: AbortSignal,
  ): Promise<T> {
    signal?.throwIfAborted();
    const joined = this.#running.has(key);
    const one = this.#running.get(key) ?? this.#begin(key, work);
    one.followers.add(tell);
    if (one.last !== undefined) tell(one.last);
    let leave: (() => void) | undefined;
    const left = new Promise<never>((_, reject) => {
      leave = () => reject(signal!.reason as Error);
      signal?.addEventListener('abort', leave);
    });
    try {
      return await Promise.race([one.done, left]);
    } catch (error) {
      one.followers.delete(tell);
      if (signal?.aborted && !one.followers.size) {
        one.stop.abort(signal.reason);
        // the work's files are removed only when it has ended
        await one.done.catch(() => undefined);
      }
      // The work ended by a choice at the gate of the caller that began it. This caller has another gate, so it begins
      // the work anew.
      if (joined && !signal?.aborted && decidedAtGate(error)) return this.run(key, work, tell, signal);
      throw error;
    } finally {
      one.followers.delete(tell);
      signal?.removeEventListener('abort', leave!);
    }
  }

  get busy(): readonly string[] {
    return [...this.#running.keys()];
  }

  #begin(key: string, work: (signal: AbortSignal, tell: Tell<P>) => Promise<T>): Running<T, P> {
    const stop = new AbortController();
    const one: Running<T, P> = { done: Promise.resolve() as Promise<never>, followers: new Set(), stop };
    one.done = work(stop.signal, (progress) => {
      one.last = progress;
      for (const follower of one.followers) follower(progress);
    }).finally(() => this.#running.get(key) === one && this.#running.delete(key));
    one.done.catch(() => undefined);
    this.#running.set(key, one);
    return one;
  }
}
