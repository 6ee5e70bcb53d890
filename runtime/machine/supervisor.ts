/** The clients' side of a container: what they ask of it becomes signals, events of its machine, or a look. */
import type { Duplex, Readable } from 'node:stream';
import { TTY } from '../kernel/constants.ts';
import type { CgroupStats } from '../kernel/cgroup/cgroup.ts';
import { tolerate } from '../kernel/errors.ts';
import type { Event } from '../journal/event.ts';
import { pause, unpause } from '../steps/8-pause.ts';
import { winsize } from '../steps/exec/terminal.ts';
import type { Evidence } from '../kernel/evidence.ts';
import type { Container } from './container.ts';
import { newPull } from '../image/pull.ts';
import type { AttachOptions, ContainerHandle, ExecConfig, ExecHandle, GateCommand, GateOptions } from './engine.ts';
import { execOutputs, type ExecOutput } from './exec-log.ts';
import { ExecSession } from './exec-session.ts';
import { Aborted } from '../operation/gate.ts';
import { Lifecycle } from './lifecycle.ts';
import { liveEvidence } from './evidence.ts';
import { type LogOptions, readLog, recordsOf, replayLog } from './log-file.ts';
import type { LogRecord } from './log-record.ts';
import * as look from './look.ts';
import { top } from './top.ts';
import { quietKernel } from '../operation/create-run.ts';
import { removeDirectory, saveRecord } from './record.ts';
import { conflict, notModified, Refusal } from './refusal.ts';
import type { HostConfig } from './request.ts';
import { runPhase, unwind } from '../operation/run-phase.ts';
import { parseSignal } from './signal.ts';
import { notUndone, startFailure, withRest } from '../operation/failure.ts';
import { applyUpdate } from './update.ts';
import { walkOf } from './container-walk.ts';
import { restOf } from '../operation/rollback.ts';
import { UpperLook } from '../watch/upper-look.ts';

/** How long an exec that is over can still be asked for its exit code; dockerd keeps it as long. */
const EXEC_KEPT_MS = 300_000;

export class Supervisor extends Lifecycle implements ContainerHandle {
  readonly execIDs: string[] = [];
  readonly #upper = new UpperLook(this.log, () => {
    const { paths, image } = this.container;
    return { upper: paths.upper, lowers: [...(image?.layers ?? [])].reverse().map(({ dir, diffID }) => ({ dir, digest: diffID })), mountPoints: look.mountPoints(this.container) };
  });

  protected override walk = () => walkOf(this);

  /** cuts the pull of the start that is under way */
  #cut = new AbortController();

  override async start(gate?: GateOptions): Promise<void> {
    if (!this.underWay) {
      const { reference, platform, progress } = this.container.pull;
      const cut = (this.#cut = new AbortController());
      this.gateKeeper.onAbort = (why) => cut.abort(why);
      this.container.pull = newPull(reference, 'missing', { progress, signal: this.#cut.signal, ...(platform && { platform }) });
    }
    return super.start(gate);
  }

  /** Of a start that nobody wants any more: what the gate holds is let go, and the pull ends at once. Past that it takes milliseconds, and goes on to running. */
  #giveUp(): void {
    this.gateKeeper.release();
    this.#cut.abort(new Aborted(this.run.current ?? 'pull', 'in'));
  }

  async #signal(signal: number): Promise<void> {
    const { pidfd } = this.container.live;
    if (pidfd !== undefined) await tolerate(['ESRCH', 'EBADF'], this.run.kernel.daemon.pidfd_send_signal(pidfd, signal, 0));
  }

  async kill(signal = 'KILL'): Promise<void> {
    const number = parseSignal(signal);
    if (!this.running) throw conflict(`cannot kill container: ${this.container.name}: container ${this.container.id} is not running`);
    if (number === 9) this.record.stopped = true;
    await this.#signal(number);
    // half frozen by a pause that could not be undone, it would not even take the signal
    if ((this.machine === 'paused' && number === 9) || this.record.left?.length) await this.container.cgroup.thaw(this.run.kernel);
    this.around.event(this.container, 'kill', { signal: String(number) });
  }

  async stop(signal?: string, seconds?: number): Promise<void> {
    const { request, image } = this.container;
    this.record.stopped = true;
    this.restarting = false;
    if (this.underWay && !this.running) this.#giveUp();
    if (!this.running) {
      if (!this.underWay) throw notModified(`container ${this.container.name} is already stopped`);
      if ((await this.waiters.until(['running', 'exited', 'failed', 'created'])) !== 'running') return;
    }
    const wait = seconds ?? request.StopTimeout ?? 10;
    const gone = this.waiters.until(['exited']);
    await this.kill(signal || request.StopSignal || image?.config.config?.StopSignal || 'TERM');
    if (this.machine === 'paused') await this.container.cgroup.thaw(this.run.kernel);
    const timer = wait < 0 ? undefined : setTimeout(() => void (this.running && this.kill('KILL').catch(() => undefined)), wait * 1000);
    await gone;
    clearTimeout(timer);
    this.around.event(this.container, 'stop');
  }

  async restart(signal?: string, seconds?: number): Promise<void> {
    if (this.running) await this.stop(signal, seconds);
    await this.start();
    this.around.event(this.container, 'restart');
  }

  async pause(): Promise<void> {
    if (this.machine === 'paused') throw conflict(`container ${this.container.id} is already paused`);
    if (!this.running) throw conflict(`container ${this.container.id} is not running`);
    await this.operations.run('pause', () => this.#freeze());
    this.actor.send({ type: 'PAUSE' });
    this.around.event(this.container, 'pause');
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
    if (this.machine !== 'paused') throw conflict(`container ${this.container.id} is not paused`);
    await this.operations.run('unpause', () => runPhase(this.run, unpause));
    this.actor.send({ type: 'RESUME' });
    this.around.event(this.container, 'unpause');
  }

  rename(name: string): void {
    this.around.claim(name);
    const oldName = this.container.name;
    this.container.name = this.record.name = name;
    saveRecord(this.container.settings, this.record);
    this.around.event(this.container, 'rename', { oldName });
  }

  async update(changes: Partial<HostConfig>): Promise<string[]> {
    const warnings = await applyUpdate(this.run.kernel, this.container, changes, this.running);
    saveRecord(this.container.settings, this.record);
    this.noticeOom();
    this.around.event(this.container, 'update');
    return warnings;
  }

  async remove({ force }: { force: boolean }): Promise<void> {
    const { name, settings, id } = this.container;
    if (this.underWay && !force) throw conflict(`cannot remove container "/${name}": container is ${this.running ? this.machine : this.state.status}: stop the container before removing or force remove`);
    if (this.underWay) {
      this.record.stopped = true;
      const gone = this.waiters.until(['exited', 'failed']);
      this.#giveUp(); // also so that nobody has to step through the exit of what is removed by force
      if (this.running || (await this.waiters.until(['running', 'exited', 'failed'])) === 'running') await this.kill('KILL');
      await gone;
    }
    for (const exec of this.#ownExecs()) if (exec.left.length && (await exec.takeBack()).length) throw new Refusal(500, notUndone(`exec ${exec.id}`, exec.left));
    if (this.machine === 'removed') return;
    await this.operations.run('remove', async () => {
      const removed = this.waiters.until(['removed', 'failed']);
      this.actor.send({ type: 'REMOVE' });
      if ((await removed) === 'failed') throw this.failure?.refusal ?? conflict(this.record.error);
    });
    this.log.close();
    await removeDirectory(settings, id);
    this.streams.end();
    // they hold on to the container, and without it nobody asks for them
    for (const { id: exec } of this.#ownExecs()) this.around.execs.delete(exec);
    this.around.removed(this.container);
    this.waiters.removed(this.record);
  }

  #ownExecs = (): ExecSession[] => [...this.around.execs.values()].filter((one) => one.container === this);

  wait(condition: 'not-running' | 'next-exit' | 'removed') {
    return this.waiters.exit(condition, this.running || this.underWay || this.restarting, this.record);
  }

  async attach(client: Duplex, options: AttachOptions): Promise<'ended' | 'detached'> {
    if (options.stream && !options.logs && this.machine === 'paused') throw conflict(`container ${this.container.id} is paused, unpause the container before attach`);
    this.around.event(this.container, 'attach');
    if (options.logs) await replayLog(this.container.paths.log, client, { ...options, tty: this.container.request.Tty ?? false });
    return this.streams.couple(client, options);
  }

  async resize(height: number, width: number): Promise<void> {
    if (!this.running) throw conflict(`container ${this.container.id} is not running`);
    // without a terminal there is nothing to do, and no error: as in dockerd
    if (this.container.request.Tty) {
      await look.withMaster(this.run.kernel, this.container.paths.runDir, this.container.id, async (master) => {
        await this.run.kernel.daemon.ioctl_in(master, TTY.TIOCSWINSZ, winsize(height, width));
      });
    }
    this.around.event(this.container, 'resize', { height: String(height), width: String(width) });
  }

  execsWritten = (): ExecOutput[] => execOutputs(this.container.paths.dir);
  written(): AsyncIterable<readonly LogRecord[]> { return recordsOf(this.container.paths.log); }
  logs = (options: LogOptions): Readable => readLog(
    { path: this.container.paths.log, tty: this.container.request.Tty ?? false, running: () => this.underWay || this.restarting, onEnd: (listener) => this.waiters.listen(listener) }, options);

  top = (args?: string) => top(this.#requireRunning(), args);
  async stats(): Promise<{ cgroup: CgroupStats; networks: Record<string, Record<string, number>> }> { return look.stats(this.container); }
  changes = () => look.changes(this.container);
  sizeRw = () => look.sizeRw(this.container);

  #requireRunning = (): Container => {
    if (this.running) return this.container;
    throw conflict(`container ${this.container.id} is not running`);
  };

  exec(config: ExecConfig): ExecHandle {
    if (this.machine === 'paused') throw conflict(`container ${this.container.id} is paused, unpause the container before exec`);
    this.#requireRunning();
    const session: ExecSession = new ExecSession(this, this.log, config, {
      over: () => {
        this.execIDs.splice(this.execIDs.indexOf(session.id), 1);
        setTimeout(() => this.around.execs.delete(session.id), EXEC_KEPT_MS).unref();
      },
      breakpoints: () => this.gateKeeper.breakpointsOf('join'),
      event: (action, attributes) => this.around.event(this.container, action, attributes),
      performing: (run, work) => this.operations.run('exec', work, { id: session.id, run, gate: (command) => session.gate.command(command) }),
    });
    this.execIDs.push(session.id);
    this.around.execs.set(session.id, session);
    return session;
  }

  journal(follow: boolean, signal?: AbortSignal): AsyncIterable<Event> { return this.log.read(follow, signal); }
  happening(signal: AbortSignal): AsyncIterable<readonly Event[]> { return this.log.batches(true, signal); }
  gate(command: GateCommand): void {
    // what is not under way would stand at its next start or its end, when nobody expects it any more
    if (command.command === 'pause' && (!this.underWay || this.running)) throw conflict(`container ${this.container.name} is ${this.machine}: no step is under way that could be paused`);
    const exec = this.gateKeeper.paused ? undefined : [...this.around.execs.values()].find((one) => one.container === this && one.gate.paused);
    (exec?.gate ?? this.gateKeeper).command(command);
  }
  inspectLive(step?: string): Promise<Evidence[]> { return liveEvidence(quietKernel(this.container.live), this.container, step); }

  watch(signal: AbortSignal): void { this.#upper.by(signal); }

  /** The daemon ends; the container does not. */
  leave(): void { this.#upper.end(); this.streams.close(); this.log.flush(); }
}
