/**
 * The rollback of a container's run. What an undo could not take back is kept in the record, so that it is known to
 * whoever asks and is taken back by whatever comes first: the next start, rm, or the next daemon.
 */
import type { Phase } from '../operation/step.ts';
import type { Container } from '../container/container.ts';
import type { PhaseId } from '../container/life.ts';
import type { ContainerRecord } from '../container/record.ts';
import { unwind, type Run } from '../operation/run-phase.ts';
import { notUndone } from '../operation/failure.ts';
import { restOf } from '../operation/rollback.ts';

export class ContainerRollback {
  /** resolves when nobody is on it */
  done: Promise<void> = Promise.resolve();

  constructor(
    private readonly run: Run<Container>,
    private readonly record: ContainerRecord,
    private readonly phases: readonly Phase<Container>[],
  ) {}

  /** Resolves with what stays. */
  async go(): Promise<readonly string[]> {
    const walk = this.done.then(() => {
      this.run.gate.oneWay = true;
      return unwind(this.run, this.phases);
    });
    this.done = walk.then(() => undefined);
    const left = restOf(await walk);
    // its pids and descriptors are wanted for the next try
    if (!left.length) this.run.container.live = {};
    this.record.left = left;
    return left;
  }

  /**
   * A start begins with nothing of the last one. A call may say that something is gone that is still there: rm looks
   * itself.
   */
  async before(phase: PhaseId): Promise<void> {
    const { left } = this.record;
    if (!left || (phase === 'pull' ? !left.length : phase !== 'remove')) return;
    const still = await this.go();
    if (still.length) throw new Error(notUndone('something of the last run is still there', still));
  }
}
