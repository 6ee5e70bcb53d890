/** Who waits for a container to reach a state. */
import type { MachineState } from '../container/life.ts';
import type { ContainerRecord } from '../container/record.ts';

/**
 * `Error` is for waits that fail; why a start failed is the answer to the start, and docker's client would print it
 * twice.
 */
export interface ExitAnswer {
  StatusCode: number;
  Error: { Message: string } | null;
}
type Condition = 'not-running' | 'next-exit' | 'removed';

export class Waiters {
  readonly #states = new Set<{ wanted: readonly MachineState[]; resolve(state: MachineState): void }>();
  readonly #changes = new Set<() => void>();
  readonly #exits = new Set<{ condition: Condition; resolve(answer: ExitAnswer): void }>();
  readonly #listeners = new Set<() => void>();

  moved(to: MachineState, record: ContainerRecord): void {
    for (const waiter of [...this.#states]) {
      if (!waiter.wanted.includes(to)) continue;
      this.#states.delete(waiter);
      waiter.resolve(to);
    }
    if (to === 'exited') this.#answer(['not-running', 'next-exit'], record);
    // what has not run has no exit: dockerd goes on waiting for one
    if (to === 'failed') this.#answer(['not-running'], record);
    this.changed();
    for (const listener of this.#listeners) listener();
  }

  /** The gate holds what is under way, or something else is to be looked at again by those in `change`. */
  changed(): void {
    for (const resolve of this.#changes) resolve();
    this.#changes.clear();
  }

  /** The next automatic restart will not come: the container has ended, though no state is entered. */
  restartCanceled(record: ContainerRecord): void {
    this.#answer(['not-running', 'next-exit'], record);
    this.changed();
    for (const listener of this.#listeners) listener();
  }

  removed(record: ContainerRecord): void {
    this.#answer(['not-running', 'next-exit', 'removed'], record);
  }

  /** Its removal was given up; dockerd answers those who wait for it with the error, too. */
  removalFailed(record: ContainerRecord): void {
    this.#answer(['removed'], record, record.error);
  }

  #answer(conditions: readonly Condition[], { exitCode }: ContainerRecord, error = ''): void {
    for (const waiter of [...this.#exits]) {
      if (!conditions.includes(waiter.condition)) continue;
      this.#exits.delete(waiter);
      waiter.resolve({ StatusCode: exitCode, Error: error ? { Message: error } : null });
    }
  }

  /** The next of `wanted` that is entered from now on. */
  until(wanted: readonly MachineState[]): Promise<MachineState> {
    return new Promise((resolve) => this.#states.add({ wanted, resolve }));
  }

  /** Resolves at the next state that is entered, or when the gate begins to hold. */
  change(): Promise<void> {
    return new Promise((resolve) => void this.#changes.add(resolve));
  }

  exit(condition: Condition, busy: boolean, record: ContainerRecord): Promise<ExitAnswer> {
    if (condition === 'not-running' && !busy)
      return Promise.resolve({ StatusCode: record.exitCode, Error: record.error ? { Message: record.error } : null });
    return new Promise((resolve) => this.#exits.add({ condition, resolve }));
  }

  listen(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }
}
