/** Calls that wait until a container reaches a state. */
import type { MachineState } from '../container/life.ts';
import type { ContainerRecord } from '../container/record.ts';

/**
 * `Error` is for waits that fail. The reason of a failed start is in the start's answer only; docker's client would
 * print it twice.
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
    // a run that never began has no exit, so dockerd keeps waiting for the next one
    if (to === 'failed') this.#answer(['not-running'], record);
    this.changed();
    for (const listener of this.#listeners) listener();
  }

  /** Wakes the calls that wait in `change`, because the gate holds or something else has changed. */
  changed(): void {
    for (const resolve of this.#changes) resolve();
    this.#changes.clear();
  }

  /** The next automatic restart is canceled: the container has ended, although no state is entered. */
  restartCanceled(record: ContainerRecord): void {
    this.#answer(['not-running', 'next-exit'], record);
    this.changed();
    for (const listener of this.#listeners) listener();
  }

  removed(record: ContainerRecord): void {
    this.#answer(['not-running', 'next-exit', 'removed'], record);
  }

  /** The removal was given up. As in dockerd, calls that wait for it get the error. */
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

  /** Resolves with the next state of `wanted` that is entered. */
  until(wanted: readonly MachineState[]): Promise<MachineState> {
    return new Promise((resolve) => this.#states.add({ wanted, resolve }));
  }

  /** Resolves when the next state is entered or the gate begins to hold. */
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
