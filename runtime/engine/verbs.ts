/**
 * The verbs that change a container. A call that arrives in the middle of a phase waits for it or cancels it, as
 * dockerd's calls wait for the container's lock: which one does which, and what is answered in which state, is held by
 * test/e2e/verbs.test.ts.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { notUndone, startFailure, withRest } from '../operation/failure.ts';
import { restOf } from '../operation/rollback.ts';
import { runPhase, unwind } from '../operation/run-phase.ts';
import { pause } from '../steps/container/8-pause.ts';
import type { ExecSession } from './exec-session.ts';
import { Ending } from './ending.ts';
import type { GateOptions } from './engine.ts';
import { removeDirectory, saveRecord } from '../container/record.ts';
import { badParameter, conflict, notModified, Refusal } from '../errors/api-error.ts';
import type { HostConfig } from '../request/container-request.ts';
import { applyUpdate } from '../container/update.ts';

/** --rm tries a removal that fails again after each of these pauses, then no more. */
const REMOVAL_PAUSES_MS = [0, 500, 2_000];

export abstract class Verbs extends Ending {
  #removal: Promise<void> | undefined;

  /** Throws for what cannot be changed into something that runs. */
  #checkStartable(): void {
    if (this.#removal || this.record.dead || this.machine === 'removing' || this.machine === 'removed') {
      throw conflict('container is marked for removal and cannot be started');
    }
    if (this.machine === 'paused') throw conflict('cannot start a paused container, try unpause instead');
  }

  async start(gate?: GateOptions): Promise<void> {
    await this.settled();
    this.#checkStartable();
    if (this.running || this.restarting) throw notModified(`container ${this.container.name} is already running`);
    this.record.restartCount = 0;
    await this.begin(gate);
  }

  async restart(signal?: string, seconds?: number): Promise<void> {
    const { name } = this.container;
    this.kept = true;
    try {
      if (this.underWay || this.restarting) await this.stop(signal, seconds);
      await this.settled();
      this.#checkStartable();
      this.record.restartCount = 0;
      if (!this.running) await this.begin();
    } catch (error) {
      throw error instanceof Refusal
        ? new Refusal(500, `Cannot restart container ${name}: ${error.message}`, { cause: error })
        : error;
    } finally {
      this.kept = false;
    }
    this.around.event(this.container, 'restart');
  }

  /** Throws unless there is a process. */
  protected mustRun(): void {
    const { id } = this.container;
    if (this.restarting) throw conflict(`Container ${id} is restarting, wait until the container is running`);
    if (!this.running) throw conflict(`container ${id} is not running`);
  }

  async pause(): Promise<void> {
    if (!this.restarting) await this.settled();
    return this.inTurn(async () => {
      if (this.machine === 'paused') throw conflict(`Container ${this.container.id} is already paused`);
      this.mustRun();
      await this.operations.run('pause', () => this.#freeze());
      this.actor.send({ type: 'PAUSE' });
      this.around.event(this.container, 'pause');
    });
  }

  async #freeze(): Promise<void> {
    try {
      await runPhase(this.run, pause);
    } catch (error) {
      // half frozen it could not even be killed
      this.record.left = restOf(await unwind(this.run, [pause]));
      saveRecord(this.container.settings, this.record);
      throw withRest(startFailure(error), this.record.left).refusal;
    }
  }

  async unpause(): Promise<void> {
    await this.inTurn(async () => {
      if (this.machine !== 'paused') throw new Refusal(500, `Container ${this.container.id} is not paused`);
      await this.thaw();
    });
  }

  rename(wanted: string): void {
    const oldName = this.container.name;
    const name = wanted.replace(/^\//, '');
    if (!wanted) throw badParameter('Neither old nor new names may be empty');
    if (name === oldName) throw badParameter('Renaming a container with the same name as its current name');
    try {
      this.around.claim(`/${name}`);
    } catch (cause) {
      if (!(cause instanceof Refusal)) throw cause;
      throw new Refusal(cause.status, `Error when allocating new name: ${cause.message}`, { cause });
    }
    this.container.name = this.record.name = name;
    saveRecord(this.container.settings, this.record);
    this.around.event(this.container, 'rename', { oldName });
  }

  async update(changes: Partial<HostConfig>): Promise<string[]> {
    if (!this.restarting) await this.settled();
    return this.inTurn(async () => {
      const warnings = await applyUpdate(this.run.kernel, this.container, changes, this.running);
      // a start that is under way has said what the next daemon finds; its end saves the record
      if (!this.starting) saveRecord(this.container.settings, this.record);
      this.noticeOom();
      this.around.event(this.container, 'update');
      return warnings;
    });
  }

  async remove({ force }: { force: boolean }): Promise<void> {
    if (this.#removal) throw conflict(`removal of container ${this.container.name} is already in progress`);
    await (this.#removal = this.#remove(force).finally(() => (this.#removal = undefined)));
  }

  /** --rm, after the end: not within the machine's own transition. What cannot be removed stays, as dead. */
  removeAtEnd(): void {
    this.#removal ??= this.#tryToRemove().finally(() => (this.#removal = undefined));
  }

  async #tryToRemove(): Promise<void> {
    for (const ms of REMOVAL_PAUSES_MS) {
      await sleep(ms, undefined, { ref: false });
      if (
        await this.#remove(true).then(
          () => true,
          () => false,
        )
      )
        return;
    }
    this.waiters.removalFailed(this.record);
  }

  async #remove(force: boolean): Promise<void> {
    const { name, settings, id } = this.container;
    if (!force && !this.restarting) await this.settled();
    if (!force && (this.underWay || this.restarting)) {
      const { status } = this.state;
      const todo =
        status === 'paused'
          ? 'paused and must be unpaused first'
          : `${status}: stop the container before removing or force remove`;
      throw conflict(`cannot remove container "/${name}": container is ${todo}`);
    }
    await this.#endByForce();
    for (const exec of this.ownExecs())
      if (exec.left.length && (await exec.takeBack()).length)
        throw new Refusal(500, notUndone(`exec ${exec.id}`, exec.left));
    if (this.machine !== 'removed') {
      await this.operations.run('remove', async () => {
        const removed = this.waiters.until(['removed', 'failed']);
        this.actor.send({ type: 'REMOVE' });
        if ((await removed) === 'failed') throw this.failure?.refusal ?? conflict(this.record.error);
      });
    }
    this.log.close();
    await removeDirectory(settings, id);
    this.streams.end();
    // they hold on to the container, and without it nobody asks for them
    for (const { id: exec } of this.ownExecs()) this.around.execs.delete(exec);
    this.around.removed(this.container);
    this.waiters.removed(this.record);
  }

  async #endByForce(): Promise<void> {
    if (!this.underWay && !this.restarting) return;
    if (this.cancelRestart()) return;
    // also so that the exit of what is removed by force is not stepped through
    if (this.starting) await this.giveUp();
    else this.gateKeeper.release();
    if (this.running) await this.kill('KILL');
    await this.over();
  }

  protected ownExecs = (): ExecSession[] =>
    [...this.around.execs.values()].filter((one) => one.container.container === this.container);
}
