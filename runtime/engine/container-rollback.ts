/**
 * The rollback of a container's run. What an undo could not remove is kept in the record, so that clients see it and a
 * later operation tries again: the next start, rm, or the next daemon.
 */
import type { Phase } from '../operation/step.ts';
import type { Container } from '../container/container.ts';
import type { PhaseId } from '../container/life.ts';
import type { ContainerRecord } from '../container/record.ts';
import { unwind, type Run } from '../operation/run-phase.ts';
import { notUndone } from '../operation/failure.ts';
import { restOf } from '../operation/rollback.ts';

export class ContainerRollback {
  /** resolves when no rollback is running */
  done: Promise<void> = Promise.resolve();

  constructor(
    private readonly run: Run<Container>,
    private readonly record: ContainerRecord,
    private readonly phases: readonly Phase<Container>[],
  ) {}

  /** Undoes the steps. Resolves with what could not be undone. */
  async go(): Promise<readonly string[]> {
    const walk = this.done.then(() => {
      this.run.gate.oneWay = true;
      return unwind(this.run, this.phases);
    });
    this.done = walk.then(() => undefined);
    const left = restOf(await walk);
    // the next try needs its pids and descriptors
    if (!left.length) this.run.container.live = {};
    this.record.left = left;
    return left;
  }

  /**
   * A start must begin without remains of the last run. rm tries in every case, because a call may have reported that
   * something is gone that still exists.
   */
  async before(phase: PhaseId): Promise<void> {
    const { left } = this.record;
    if (!left || (phase === 'pull' ? !left.length : phase !== 'remove')) return;
    const still = await this.go();
    if (still.length) throw new Error(notUndone('something of the last run is still there', still));
  }
}
