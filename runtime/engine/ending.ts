/** Ends a run on request: signals and stop. Also cancels a start, and a restart that is waiting. */
import { setTimeout as sleep } from 'node:timers/promises';
import { tolerate } from '../kernel/errors.ts';
import { SIGKILL } from '../kernel/process/shim.ts';
import { runPhase } from '../operation/run-phase.ts';
import { unpause } from '../steps/container/8-pause.ts';
import type { MachineState } from '../container/life.ts';
import type { Lifecycle } from './lifecycle.ts';
import { saveRecord } from '../container/record.ts';
import { conflict, notModified, ApiError } from '../errors/api-error.ts';
import { parseSignal } from '../request/signal.ts';

/** dockerd's limit: a process that still exists this long after SIGKILL counts as unkillable. */
const KILL_MS = 10_000;
const upward: ReadonlySet<MachineState> = new Set(['running', 'paused', 'exiting', 'unwinding']);

export class Ending {
  /** pause, unpause, update and signals run one after the other */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(private readonly life: Lifecycle) {}

  inTurn<T>(act: () => Promise<T>): Promise<T> {
    const turn = this.#turn.then(act);
    this.#turn = turn.catch(() => undefined);
    return turn;
  }

  /** Makes this run the last one. Returns true when only a restart was waiting, so that the container has ended now. */
  cancelRestart(): boolean {
    this.life.record.stopped = true;
    this.life.restartCanceled = true;
    if (!this.life.restarting) return false;
    this.life.restarting = false;
    if (this.life.starting) return false;
    saveRecord(this.life.container.settings, this.life.record);
    this.life.waiters.restartCanceled(this.life.record);
    return true;
  }

  /**
   * Resolves when the process has ended and everything is released. With `unlessHeld` also when the gate holds this.
   */
  async over(unlessHeld = false): Promise<void> {
    while (
      upward.has(this.life.machine) &&
      !(unlessHeld && this.life.machine !== 'running' && this.life.gateKeeper.paused)
    )
      await this.life.waiters.change();
  }

  async #signal(signal: number): Promise<void> {
    const { pidfd } = this.life.container.live;
    if (pidfd !== undefined)
      await tolerate(['ESRCH', 'EBADF'], this.life.run.kernel.daemon.pidfd_send_signal(pidfd, signal, 0));
  }

  /**
   * Whether dockerd takes the signal for a wish to end the container: KILL, its stop signal, and any signal when no
   * stop signal is configured.
   */
  #isLast(signal: number): boolean {
    const { request, image } = this.life.container;
    const configured = request.StopSignal || image?.config.config?.StopSignal;
    return signal === SIGKILL || !configured || parseSignal(configured) === signal;
  }

  async kill(signal = 'KILL'): Promise<void> {
    const number = parseSignal(signal);
    const { name, id } = this.life.container;
    const last = this.#isLast(number);
    if (this.life.restarting && !this.life.starting) return void (last && this.cancelRestart());
    if (this.life.starting && number === SIGKILL) {
      this.cancelRestart();
      await this.life.giveUp();
      if (!this.life.running && this.life.machine !== 'exiting') return;
    } else if (this.life.starting) await this.life.settled();
    await this.#turn;
    if (!this.life.running && this.life.machine !== 'exiting')
      throw conflict(`cannot kill container: ${name}: container ${id} is not running`);
    this.life.record.stopped = true;
    if (last) this.life.restartCanceled = true;
    if (this.life.running) {
      await this.#send(number, last);
      this.life.around.event(this.life.container, 'kill', { signal: String(number) });
    }
    if (number === SIGKILL) await this.#mustEnd();
  }

  /** A frozen process does not handle signals. So a signal that is to end it also thaws it. */
  async #send(signal: number, thaw: boolean): Promise<void> {
    await this.#signal(signal);
    if (this.life.machine === 'paused' && thaw && signal !== SIGKILL) return this.thaw();
    // after a pause that could not be undone, a half-frozen process would not even handle the signal
    if ((this.life.machine === 'paused' && thaw) || this.life.record.left?.length)
      await this.life.container.cgroup.thaw(this.life.run.kernel);
  }

  async #mustEnd(): Promise<void> {
    const limit = new AbortController();
    const late = sleep(KILL_MS, true, { signal: limit.signal, ref: false }).catch(() => false);
    const ended = this.over(true).then(() => false);
    const failed = await Promise.race([ended, late]);
    limit.abort();
    if (failed)
      throw new ApiError(
        500,
        `cannot kill container: ${this.life.container.name}: tried to kill container, but did not receive an exit event`,
      );
  }

  async stop(signal?: string, seconds?: number): Promise<void> {
    const { request, image, name } = this.life.container;
    if (!this.life.underWay && !this.life.restarting) throw notModified(`container ${name} is already stopped`);
    const number = parseSignal(signal || request.StopSignal || image?.config.config?.StopSignal || 'TERM');
    if (this.cancelRestart()) return this.life.around.event(this.life.container, 'stop');
    if (this.life.starting) {
      await this.life.giveUp();
      if (!this.life.running && this.life.machine !== 'exiting') return;
    }
    await this.#turn;
    await this.#endRunning(number, seconds ?? request.StopTimeout ?? 10);
    this.life.around.event(this.life.container, 'stop');
  }

  async #endRunning(signal: number, seconds: number): Promise<void> {
    if (this.life.running) {
      await this.#send(signal, true);
      this.life.around.event(this.life.container, 'kill', { signal: String(signal) });
    }
    const timer =
      seconds < 0
        ? undefined
        : setTimeout(() => void (this.life.running && this.kill('KILL').catch(() => undefined)), seconds * 1000);
    await this.over();
    clearTimeout(timer);
  }

  async thaw(): Promise<void> {
    await this.life.operations.run('unpause', () => runPhase(this.life.run, unpause));
    this.life.actor.send({ type: 'RESUME' });
    if (this.life.machine === 'running') this.life.health.open();
    this.life.around.event(this.life.container, 'unpause');
  }
}
