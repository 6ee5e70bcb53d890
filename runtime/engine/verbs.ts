/**
 * The verbs that change a container. A call during a phase either waits for it or cancels it, as dockerd's calls wait
 * for the container's lock. test/e2e/verbs.test.ts defines which verb does which, and the answer in each state.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { notUndone, startFailure, withRest } from '../operation/failure.ts';
import { restOf } from '../operation/rollback.ts';
import { runPhase, unwind } from '../operation/run-phase.ts';
import { pause } from '../steps/container/8-pause.ts';
import type { ExecSession } from './exec-session.ts';
import type { Ending } from './ending.ts';
import type { Lifecycle } from './lifecycle.ts';
import { noticeOom } from './transitions.ts';
import type { GateOptions } from './engine.ts';
import type { Restore } from '../container/container.ts';
import { removeDirectory, saveRecord } from '../container/record.ts';
import { badParameter, conflict, notModified, ApiError } from '../errors/api-error.ts';
import type { HostConfig } from '../request/container-request.ts';
import { applyUpdate } from '../container/update.ts';

/** --rm tries a failed removal again after each of these delays. */
const REMOVAL_PAUSES_MS = [0, 500, 2_000];

export class Verbs {
  #removal: Promise<void> | undefined;

  constructor(
    private readonly life: Lifecycle,
    private readonly ending: Ending,
  ) {}

  /** Throws for a container that cannot be started. */
  #checkStartable(): void {
    if (this.#removal || this.life.record.dead || this.life.machine === 'removing' || this.life.machine === 'removed') {
      throw conflict('container is marked for removal and cannot be started');
    }
    if (this.life.machine === 'paused') throw conflict('cannot start a paused container, try unpause instead');
  }

  /** `restore` finds the checkpoint to start from. */
  async start(gate?: GateOptions, restore?: () => Restore): Promise<void> {
    await this.life.settled();
    this.#checkStartable();
    if (this.life.running || this.life.restarting)
      throw notModified(`container ${this.life.container.name} is already running`);
    const { container } = this.life;
    container.restore = restore?.();
    this.life.record.restartCount = 0;
    await this.life.begin(gate).finally(() => (container.restore = undefined));
  }

  async restart(signal?: string, seconds?: number): Promise<void> {
    const { name } = this.life.container;
    this.life.kept = true;
    try {
      if (this.life.underWay || this.life.restarting) await this.ending.stop(signal, seconds);
      await this.life.settled();
      this.#checkStartable();
      this.life.record.restartCount = 0;
      if (!this.life.running) await this.life.begin();
    } catch (error) {
      throw error instanceof ApiError
        ? new ApiError(500, `Cannot restart container ${name}: ${error.message}`, { cause: error })
        : error;
    } finally {
      this.life.kept = false;
    }
    this.life.around.event(this.life.container, 'restart');
  }

  /** Throws when there is no process. */
  mustRun(): void {
    const { id } = this.life.container;
    if (this.life.restarting) throw conflict(`Container ${id} is restarting, wait until the container is running`);
    if (!this.life.running) throw conflict(`container ${id} is not running`);
  }

  async pause(): Promise<void> {
    if (!this.life.restarting) await this.life.settled();
    return this.ending.inTurn(async () => {
      if (this.life.machine === 'paused') throw conflict(`Container ${this.life.container.id} is already paused`);
      this.mustRun();
      // a probe must not be frozen: neither could be ended then
      await this.life.health.close();
      await this.life.operations
        .run('pause', () => this.#freeze())
        .catch((error: unknown) => {
          if (this.life.machine === 'running') this.life.health.open();
          throw error;
        });
      this.life.actor.send({ type: 'PAUSE' });
      this.life.around.event(this.life.container, 'pause');
    });
  }

  async #freeze(): Promise<void> {
    try {
      await runPhase(this.life.run, pause);
    } catch (error) {
      // a half-frozen process could not even be killed
      this.life.record.left = restOf(await unwind(this.life.run, [pause]));
      saveRecord(this.life.container.settings, this.life.record);
      throw withRest(startFailure(error), this.life.record.left).refusal;
    }
  }

  async unpause(): Promise<void> {
    await this.ending.inTurn(async () => {
      if (this.life.machine !== 'paused') throw new ApiError(500, `Container ${this.life.container.id} is not paused`);
      await this.ending.thaw();
    });
  }

  rename(wanted: string): void {
    const oldName = this.life.container.name;
    const name = wanted.replace(/^\//, '');
    if (!wanted) throw badParameter('Neither old nor new names may be empty');
    if (name === oldName) throw badParameter('Renaming a container with the same name as its current name');
    try {
      this.life.around.claim(`/${name}`);
    } catch (cause) {
      if (!(cause instanceof ApiError)) throw cause;
      throw new ApiError(cause.status, `Error when allocating new name: ${cause.message}`, { cause });
    }
    this.life.container.name = this.life.record.name = name;
    saveRecord(this.life.container.settings, this.life.record);
    this.life.around.networks().changed();
    this.life.around.event(this.life.container, 'rename', { oldName });
  }

  async update(changes: Partial<HostConfig>): Promise<string[]> {
    if (!this.life.restarting) await this.life.settled();
    return this.ending.inTurn(async () => {
      const warnings = await applyUpdate(this.life.run.kernel, this.life.container, changes, this.life.running);
      // a start has already saved what the next daemon needs, and its end saves the record
      if (!this.life.starting) saveRecord(this.life.container.settings, this.life.record);
      noticeOom(this.life);
      this.life.around.event(this.life.container, 'update');
      return warnings;
    });
  }

  async remove({ force, volumes = false }: { force: boolean; volumes?: boolean }): Promise<void> {
    if (this.#removal) throw conflict(`removal of container ${this.life.container.name} is already in progress`);
    await (this.#removal = this.#remove(force, volumes).finally(() => (this.#removal = undefined)));
  }

  /**
   * --rm after the end. It runs outside the machine's transition. A container that cannot be removed stays, as dead.
   */
  removeAtEnd(): void {
    this.#removal ??= this.#tryToRemove().finally(() => (this.#removal = undefined));
  }

  async #tryToRemove(): Promise<void> {
    for (const ms of REMOVAL_PAUSES_MS) {
      await sleep(ms, undefined, { ref: false });
      if (
        await this.#remove(true, true).then(
          () => true,
          () => false,
        )
      )
        return;
    }
    this.life.waiters.removalFailed(this.life.record);
  }

  async #remove(force: boolean, volumes: boolean): Promise<void> {
    const { name, settings, id } = this.life.container;
    if (!force && !this.life.restarting) await this.life.settled();
    if (!force && (this.life.underWay || this.life.restarting)) {
      const { status } = this.life.state;
      const todo =
        status === 'paused'
          ? 'paused and must be unpaused first'
          : `${status}: stop the container before removing or force remove`;
      throw conflict(`cannot remove container "/${name}": container is ${todo}`);
    }
    await this.#endByForce();
    for (const exec of this.ownExecs())
      if (exec.left.length && (await exec.takeBack()).length)
        throw new ApiError(500, notUndone(`exec ${exec.id}`, exec.left));
    // in the record, because the next daemon may have to end this removal
    if (volumes) this.life.container.takesVolumes = this.life.record.takesVolumes = true;
    await this.life.reaching.over();
    if (this.life.machine !== 'removed') {
      await this.life.operations.run('remove', async () => {
        const removed = this.life.waiters.until(['removed', 'failed']);
        this.life.actor.send({ type: 'REMOVE' });
        if ((await removed) === 'failed') throw this.life.failure?.refusal ?? conflict(this.life.record.error);
      });
    }
    this.life.log.close();
    this.life.health.forget();
    await removeDirectory(settings, id);
    this.life.streams.end();
    // they refer to the container, and no client can use them without it
    for (const { id: exec } of this.ownExecs()) this.life.around.execs.delete(exec);
    this.life.around.removed(this.life.container);
    this.life.waiters.removed(this.life.record);
  }

  async #endByForce(): Promise<void> {
    if (!this.life.underWay && !this.life.restarting) return;
    if (this.ending.cancelRestart()) return;
    // this also prevents that the exit of a container that is removed by force is held
    if (this.life.starting) await this.life.giveUp();
    else this.life.gateKeeper.release();
    if (this.life.running) await this.ending.kill('KILL');
    await this.ending.over();
  }

  ownExecs = (): ExecSession[] =>
    [...this.life.around.execs.values()].filter((one) => one.container.container === this.life.container);
}
