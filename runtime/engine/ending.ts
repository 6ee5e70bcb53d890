/** The end of a run on request: signals, stop, and what cancels a start or a restart that is to come. */
import { setTimeout as sleep } from 'node:timers/promises';
import { newPull } from '../image/pull.ts';
import { tolerate } from '../kernel/errors.ts';
import { SIGKILL } from '../kernel/process/shim.ts';
import { Aborted } from '../operation/gate.ts';
import { runPhase } from '../operation/run-phase.ts';
import { unpause } from '../steps/container/8-pause.ts';
import type { GateOptions } from './engine.ts';
import type { MachineState } from '../container/container-state.ts';
import { Lifecycle } from './lifecycle.ts';
import { saveRecord } from '../container/record.ts';
import { conflict, notModified, Refusal } from '../errors/api-error.ts';
import { parseSignal } from '../request/signal.ts';

/** dockerd's: after this a process that took SIGKILL counts as one that cannot be killed. */
const KILL_MS = 10_000;
const upward: ReadonlySet<MachineState> = new Set(['running', 'paused', 'exiting', 'unwinding']);

export abstract class Ending extends Lifecycle {
  /** cuts the pull of the start that is under way */
  #cut = new AbortController();
  /** pause, unpause, update and signals: one after the other */
  #turn: Promise<unknown> = Promise.resolve();

  override async begin(gate?: GateOptions): Promise<void> {
    const { reference, platform, progress } = this.container.pull;
    const cut = (this.#cut = new AbortController());
    this.gateKeeper.onAbort = (why) => cut.abort(why);
    this.container.pull = newPull(reference, 'missing', {
      progress,
      signal: cut.signal,
      ...(platform && { platform }),
    });
    return super.begin(gate);
  }

  protected inTurn<T>(act: () => Promise<T>): Promise<T> {
    const turn = this.#turn.then(act);
    this.#turn = turn.catch(() => undefined);
    return turn;
  }

  /**
   * Of a start that is no longer wanted: what the gate holds is let go, and the pull ends at once. Past that it takes
   * milliseconds, and goes on to running.
   */
  protected async giveUp(): Promise<void> {
    this.gateKeeper.release();
    this.#cut.abort(new Aborted(this.run.current ?? 'pull', 'in'));
    while (this.starting) await this.waiters.change();
  }

  /** This run is the last one. True when there was only a restart to come, so that it has ended now. */
  protected cancelRestart(): boolean {
    this.record.stopped = true;
    this.restartCanceled = true;
    if (!this.restarting) return false;
    this.restarting = false;
    if (this.starting) return false;
    saveRecord(this.container.settings, this.record);
    this.waiters.restartCanceled(this.record);
    return true;
  }

  /** Resolves when the process has ended and all of it is given back, or when the gate holds that and `unlessHeld`. */
  protected async over(unlessHeld = false): Promise<void> {
    while (upward.has(this.machine) && !(unlessHeld && this.machine !== 'running' && this.gateKeeper.paused))
      await this.waiters.change();
  }

  async #signal(signal: number): Promise<void> {
    const { pidfd } = this.container.live;
    if (pidfd !== undefined)
      await tolerate(['ESRCH', 'EBADF'], this.run.kernel.daemon.pidfd_send_signal(pidfd, signal, 0));
  }

  /**
   * What dockerd takes for a wish that the container ends: KILL, its stop signal, and without a configured one any
   * signal.
   */
  #isLast(signal: number): boolean {
    const { request, image } = this.container;
    const configured = request.StopSignal || image?.config.config?.StopSignal;
    return signal === SIGKILL || !configured || parseSignal(configured) === signal;
  }

  async kill(signal = 'KILL'): Promise<void> {
    const number = parseSignal(signal);
    const { name, id } = this.container;
    const last = this.#isLast(number);
    if (this.restarting && !this.starting) return void (last && this.cancelRestart());
    if (this.starting && number === SIGKILL) {
      this.cancelRestart();
      await this.giveUp();
      if (!this.running && this.machine !== 'exiting') return;
    } else if (this.starting) await this.settled();
    await this.#turn;
    if (!this.running && this.machine !== 'exiting')
      throw conflict(`cannot kill container: ${name}: container ${id} is not running`);
    this.record.stopped = true;
    if (last) this.restartCanceled = true;
    if (this.running) {
      await this.#send(number, last);
      this.around.event(this.container, 'kill', { signal: String(number) });
    }
    if (number === SIGKILL) await this.#mustEnd();
  }

  /** A frozen process takes no signal: one that is to end it thaws it, too. */
  async #send(signal: number, thaw: boolean): Promise<void> {
    await this.#signal(signal);
    if (this.machine === 'paused' && thaw && signal !== SIGKILL) return this.thaw();
    // half frozen by a pause that could not be undone, it would not even take the signal
    if ((this.machine === 'paused' && thaw) || this.record.left?.length)
      await this.container.cgroup.thaw(this.run.kernel);
  }

  async #mustEnd(): Promise<void> {
    const limit = new AbortController();
    const late = sleep(KILL_MS, true, { signal: limit.signal, ref: false }).catch(() => false);
    const ended = this.over(true).then(() => false);
    const failed = await Promise.race([ended, late]);
    limit.abort();
    if (failed)
      throw new Refusal(
        500,
        `cannot kill container: ${this.container.name}: tried to kill container, but did not receive an exit event`,
      );
  }

  async stop(signal?: string, seconds?: number): Promise<void> {
    const { request, image, name } = this.container;
    if (!this.underWay && !this.restarting) throw notModified(`container ${name} is already stopped`);
    const number = parseSignal(signal || request.StopSignal || image?.config.config?.StopSignal || 'TERM');
    if (this.cancelRestart()) return this.around.event(this.container, 'stop');
    if (this.starting) {
      await this.giveUp();
      if (!this.running && this.machine !== 'exiting') return;
    }
    await this.#turn;
    await this.#endRunning(number, seconds ?? request.StopTimeout ?? 10);
    this.around.event(this.container, 'stop');
  }

  async #endRunning(signal: number, seconds: number): Promise<void> {
    if (this.running) {
      await this.#send(signal, true);
      this.around.event(this.container, 'kill', { signal: String(signal) });
    }
    const timer =
      seconds < 0
        ? undefined
        : setTimeout(() => void (this.running && this.kill('KILL').catch(() => undefined)), seconds * 1000);
    await this.over();
    clearTimeout(timer);
  }

  protected async thaw(): Promise<void> {
    await this.operations.run('unpause', () => runPhase(this.run, unpause));
    this.actor.send({ type: 'RESUME' });
    this.around.event(this.container, 'unpause');
  }
}
