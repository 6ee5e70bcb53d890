/** One container and its machine: what clients ask of it becomes events, what its phases do becomes states. */
import { readFileSync } from 'node:fs';
import type { Duplex, Readable } from 'node:stream';
import { createActor, fromPromise, type Actor } from 'xstate';
import { TTY } from '../kernel/constants.ts';
import type { CgroupStats } from '../kernel/cgroup/cgroup.ts';
import { hasCode, tolerate } from '../kernel/errors.ts';
import { exitCodeOf } from '../kernel/process/shim.ts';
import type { Event } from '../journal/event.ts';
import { Journal } from '../journal/journal.ts';
import { exit } from '../steps/6-exit.ts';
import { remove } from '../steps/7-remove.ts';
import { pause, unpause } from '../steps/8-pause.ts';
import { winsize } from '../steps/exec/terminal.ts';
import { starting } from '../steps/phases.ts';
import type { Evidence, Phase } from '../steps/step.ts';
import type { Container } from './container.ts';
import { containerMachine, type ContainerMachine, type PhaseId } from './container.machine.ts';
import type { AttachOptions, ContainerHandle, ContainerState, ExecConfig, ExecHandle, GateCommand, GateOptions, LogOptions, MachineState, Status } from './engine.ts';
import { ExecSession } from './exec-session.ts';
import { Gate } from './gate.ts';
import { liveEvidence } from './evidence.ts';
import { readLog } from './log-file.ts';
import * as look from './look.ts';
import { newRun, quietKernel } from './observer.ts';
import { removeDirectory, saveRecord, type ContainerRecord } from './record.ts';
import { conflict, notModified } from './refusal.ts';
import type { HostConfig } from './request.ts';
import { runPhase, unwind, type Run } from './run-phase.ts';
import { parseSignal } from './signal.ts';
import { startFailure, type StartFailure } from './start-failure.ts';
import { Streams } from './streams.ts';
import { newPull } from '../image/pull.ts';
import { applyUpdate } from './update.ts';
import { Waiters } from './waiters.ts';

const phasesById: Record<PhaseId, Phase<Container>> = Object.fromEntries([...starting, exit, remove].map((p) => [p.id, p])) as Record<PhaseId, Phase<Container>>;
const statuses: Partial<Record<MachineState, Status>> = { running: 'running', exiting: 'running', paused: 'paused', exited: 'exited', removing: 'removing', removed: 'removing' };

/** What a supervisor tells the engine about. */
export interface Surroundings {
  event(supervisor: Supervisor, action: string, attributes?: Record<string, string>): void;
  network(supervisor: Supervisor, action: 'connect' | 'disconnect'): void;
  /** Refusal 400 for what is no name, 409 for one that is taken. */
  claim(name: string): void;
  /** it ended by itself or was stopped; the engine restarts or removes it by its policy */
  exited(supervisor: Supervisor): void;
  removed(supervisor: Supervisor): void;
  execs: Map<string, ExecSession>;
}

export class Supervisor implements ContainerHandle {
  readonly streams: Streams;
  readonly waiters = new Waiters();
  readonly gateKeeper: Gate;
  readonly #journal: Journal;
  readonly #run: Run<Container>;
  readonly #actor: Actor<ContainerMachine>;
  #failure: StartFailure | undefined;
  /** set by the engine while a restart policy waits */
  restarting = false;
  readonly execIDs: string[] = [];

  constructor(readonly container: Container, readonly record: ContainerRecord, private readonly around: Surroundings) {
    const { request } = container;
    this.#journal = Journal.open(container.paths.journal);
    this.#journal.run = record.runs;
    this.gateKeeper = new Gate((event) => void this.#journal.append(event));
    this.#run = newRun(container, this.#journal, this.gateKeeper);
    container.pull.progress = (line) => void (line.current === undefined && this.#journal.append({ type: 'progress', ...line }));
    this.streams = new Streams({ tty: request.Tty ?? false, stdin: request.OpenStdin ?? false, stdinOnce: request.StdinOnce ?? false });
    const machine = containerMachine.provide({
      actors: {
        phase: fromPromise(({ input }) => this.#phase(input)),
        unwind: fromPromise(() => this.#unwind()),
      },
    });
    const context = { id: container.id, error: record.error, executed: record.machine === 'running' || record.machine === 'paused' };
    const value = resting(record.machine);
    this.#actor = createActor(machine, { input: { id: container.id }, snapshot: machine.resolveState({ value, context }) });
    this.#actor.subscribe((snapshot) => this.#moved(snapshot.value as MachineState, snapshot.context.error));
    this.#actor.start();
  }

  get created(): number { return this.record.created; }
  get machine(): MachineState { return this.#actor.getSnapshot().value as MachineState; }
  get running(): boolean { return ['running', 'paused'].includes(this.machine); }
  /** true from START until the program runs or the start was given up */
  get underWay(): boolean { return !['created', 'exited', 'failed', 'removed'].includes(this.machine); }

  get state(): ContainerState {
    const { pid, exitCode, oomKilled, error, startedAt, finishedAt, restartCount } = this.record;
    const status: Status = this.restarting ? 'restarting' : statuses[this.machine] ?? (startedAt ? 'exited' : 'created');
    return { status, machine: this.machine, pid: this.running ? pid : 0, exitCode, oomKilled, error, startedAt, finishedAt, restartCount };
  }

  // ---- the machine's side ----

  async #phase(id: PhaseId): Promise<void> {
    this.gateKeeper.oneWay = id === 'exit' || id === 'remove';
    await undefined; // so that the journal says which state was entered before what is done in it
    try {
      if (id === 'exec') await this.#listenToShim();
      await runPhase(this.#run, phasesById[id]);
      if (id === 'pull' && this.container.pull.notice) this.#journal.append({ type: 'note', text: this.container.pull.notice });
      if (id === 'network') this.#connected('connect');
    } catch (error) {
      this.#failure = startFailure(error);
      throw error;
    }
  }

  async #unwind(): Promise<void> {
    this.gateKeeper.oneWay = true;
    this.streams.close();
    await unwind(this.#run, starting);
    this.container.live = {};
  }

  /** Before the program can write its first byte: two round trips tell that the shim has taken the connection and the subscription. */
  async #listenToShim(): Promise<void> {
    const { kernel, container } = this.#run;
    await this.streams.open(container.paths.shimSocket, () => this.#actor.send({ type: 'EXITED' }));
    await kernel.shim.getpid();
    await kernel.shim.getpid();
  }

  #moved(to: MachineState, error: string): void {
    const from = this.record.machine;
    if (to === from) return;
    this.#journal.append({ type: 'state', from, to });
    Object.assign(this.record, { machine: to, error });
    if (to === 'running' && from === 'executing') this.#didStart();
    if (to === 'exited') this.#didExit(from);
    if (to === 'failed') this.#didFail();
    if (to !== 'removed') saveRecord(this.container.settings, this.record);
    this.waiters.moved(to, this.record);
    if (to === 'exited' || to === 'failed') this.#journal.forget();
    if (to === 'exited' || to === 'failed') this.around.exited(this);
  }

  #didStart(): void {
    const { live, network } = this.container;
    Object.assign(this.record, { pid: live.pid ?? 0, startedAt: live.startedAt ?? Date.now(), finishedAt: 0, exitCode: 0, oomKilled: false, network, image: this.container.image?.id });
    // a moved tag must not change what a stopped container stands on
    this.container.pull = newPull(this.record.image ?? this.container.request.Image, 'missing');
    this.around.event(this, 'start');
  }

  #connected(action: 'connect' | 'disconnect'): void {
    if (this.container.network.mode === 'bridge') this.around.network(this, action);
  }

  #didExit(from: MachineState): void {
    const { exit: end } = this.container;
    const status = from === 'exiting' && end ? end.status : 9;
    Object.assign(this.record, { pid: 0, exitCode: exitCodeOf(status), oomKilled: end?.oom ?? false, finishedAt: end?.time ?? Date.now() });
    this.container.live = {};
    if (this.record.oomKilled) this.around.event(this, 'oom');
    this.around.event(this, 'die', { exitCode: String(this.record.exitCode) });
    this.#connected('disconnect');
  }

  #didFail(): void {
    this.gateKeeper.arm({ mode: 'run', breakpoints: [] });
    this.streams.abandon();
    Object.assign(this.record, { exitCode: this.#failure?.exitCode ?? 128, error: this.#failure?.refusal.message ?? this.record.error });
  }

  /** A daemon has come up and the container's shim is still there. */
  async adopt(): Promise<void> {
    const { live, paths } = this.container;
    live.pid = isOurs(this.record.pid, this.container.id) ? this.record.pid : undefined;
    const kernel = this.#run.kernel;
    try {
      if (live.pid) live.pidfd = await tolerate(['ESRCH'], kernel.daemon.pidfd_open(live.pid, 0));
      await this.streams.open(paths.shimSocket, () => this.#actor.send({ type: 'EXITED' }));
    } catch (error) {
      if (!hasCode(error, 'ENOENT', 'ECONNREFUSED')) throw error;
      this.#actor.send({ type: 'EXITED' }); // it ended while nobody was there; the exit file tells how
    }
  }

  /** A run that a dead daemon left in the middle is taken back. */
  async takeBack(): Promise<void> {
    await this.#unwind();
    saveRecord(this.container.settings, this.record);
  }

  // ---- the clients' side ----

  async start(gate?: GateOptions): Promise<void> {
    if (this.running) throw notModified(`container ${this.container.name} is already running`);
    if (this.underWay) throw conflict(`container ${this.container.name} is ${this.machine}; wait until that is over`);
    Object.assign(this.record, { stopped: false, runs: this.record.runs + 1 });
    this.#journal.run = this.record.runs;
    this.#failure = undefined;
    this.gateKeeper.arm(gate ?? { mode: 'run', breakpoints: [] });
    const settled = this.waiters.until(['running', 'exiting', 'exited', 'failed']);
    this.#actor.send({ type: 'START' });
    if ((await settled) === 'failed') throw (this.#failure as StartFailure | undefined)?.refusal ?? conflict(this.record.error);
  }

  async #signal(signal: number): Promise<void> {
    const { pidfd } = this.container.live;
    if (pidfd !== undefined) await tolerate(['ESRCH', 'EBADF'], this.#run.kernel.daemon.pidfd_send_signal(pidfd, signal, 0));
  }

  async kill(signal = 'KILL'): Promise<void> {
    const number = parseSignal(signal);
    if (!this.running) throw conflict(`cannot kill container: ${this.container.name}: container ${this.container.id} is not running`);
    if (number === 9) this.record.stopped = true;
    await this.#signal(number);
    if (this.machine === 'paused' && number === 9) await this.container.cgroup.thaw(this.#run.kernel);
    this.around.event(this, 'kill', { signal: String(number) });
  }

  async stop(signal?: string, seconds?: number): Promise<void> {
    const { request, image } = this.container;
    this.record.stopped = true;
    this.restarting = false;
    if (this.underWay && !this.running) this.gateKeeper.release();
    if (!this.running) {
      if (this.underWay) return void (await this.waiters.until(['exited', 'failed', 'created']));
      throw notModified(`container ${this.container.name} is already stopped`);
    }
    const wait = seconds ?? request.StopTimeout ?? 10;
    const gone = this.waiters.until(['exited']);
    await this.kill(signal || request.StopSignal || image?.config.config?.StopSignal || 'TERM');
    if (this.machine === 'paused') await this.container.cgroup.thaw(this.#run.kernel);
    const timer = wait < 0 ? undefined : setTimeout(() => void (this.running && this.kill('KILL').catch(() => undefined)), wait * 1000);
    await gone;
    clearTimeout(timer);
    this.around.event(this, 'stop');
  }

  async restart(signal?: string, seconds?: number): Promise<void> {
    if (this.running) await this.stop(signal, seconds);
    await this.start();
    this.around.event(this, 'restart');
  }

  async pause(): Promise<void> {
    if (this.machine === 'paused') throw conflict(`container ${this.container.id} is already paused`);
    if (!this.running) throw conflict(`container ${this.container.id} is not running`);
    await runPhase(this.#run, pause);
    this.#actor.send({ type: 'PAUSE' });
    this.around.event(this, 'pause');
  }

  async unpause(): Promise<void> {
    if (this.machine !== 'paused') throw conflict(`container ${this.container.id} is not paused`);
    await runPhase(this.#run, unpause);
    this.#actor.send({ type: 'RESUME' });
    this.around.event(this, 'unpause');
  }

  rename(name: string): void {
    this.around.claim(name);
    const oldName = this.container.name;
    this.container.name = this.record.name = name;
    saveRecord(this.container.settings, this.record);
    this.around.event(this, 'rename', { oldName });
  }

  async update(changes: Partial<HostConfig>): Promise<string[]> {
    const warnings = await applyUpdate(this.#run.kernel, this.container, changes, this.running);
    saveRecord(this.container.settings, this.record);
    this.around.event(this, 'update');
    return warnings;
  }

  async remove({ force }: { force: boolean }): Promise<void> {
    const { name, settings, id } = this.container;
    if (this.underWay && !force) throw conflict(`cannot remove container "/${name}": container is ${this.running ? this.machine : this.state.status}: stop the container before removing or force remove`);
    if (this.underWay) {
      this.record.stopped = true;
      const gone = this.waiters.until(['exited', 'failed']);
      if (this.running) await this.kill('KILL');
      else this.gateKeeper.release();
      await gone;
    }
    if (this.machine === 'removed') return;
    const removed = this.waiters.until(['removed', 'failed']);
    this.#actor.send({ type: 'REMOVE' });
    if ((await removed) === 'failed') throw this.#failure?.refusal ?? conflict(this.record.error);
    this.#journal.close();
    removeDirectory(settings, id);
    this.streams.end();
    this.around.removed(this);
    this.waiters.removed(this.record);
  }

  wait(condition: 'not-running' | 'next-exit' | 'removed') {
    return this.waiters.exit(condition, this.running || this.underWay || this.restarting, this.record);
  }

  attach(client: Duplex, options: AttachOptions, head?: Buffer): Promise<'ended' | 'detached'> {
    if (options.stream && !options.logs && this.machine === 'paused') throw conflict(`container ${this.container.id} is paused, unpause the container before attach`);
    this.around.event(this, 'attach');
    return this.streams.couple(client, options, head, options.logs ? look.whatWasWritten(this.container, options) : undefined);
  }

  async resize(height: number, width: number): Promise<void> {
    if (!this.running) throw conflict(`container ${this.container.id} is not running`);
    await look.withMaster(this.#run.kernel, this.container.paths.runDir, this.container.id, async (master) => {
      await this.#run.kernel.daemon.ioctl_in(master, TTY.TIOCSWINSZ, winsize(height, width));
    });
  }

  logs(options: LogOptions): Readable {
    return readLog({ path: this.container.paths.log, tty: this.container.request.Tty ?? false, running: () => this.underWay || this.restarting, onEnd: (listener) => this.waiters.listen(listener) }, options);
  }

  top = (args?: string) => look.top(this.#requireRunning(), args);
  async stats(): Promise<{ cgroup: CgroupStats; networks: Record<string, Record<string, number>> }> { return look.stats(this.container); }
  changes = () => look.changes(this.container);
  sizeRw = () => look.sizeRw(this.container);

  #requireRunning(): Container {
    if (!this.running) throw conflict(`container ${this.container.id} is not running`);
    return this.container;
  }

  exec(config: ExecConfig): ExecHandle {
    if (this.machine === 'paused') throw conflict(`container ${this.container.id} is paused, unpause the container before exec`);
    this.#requireRunning();
    const session = new ExecSession(this, this.#journal, config, {
      over: () => void this.execIDs.splice(this.execIDs.indexOf(session.id), 1),
      event: (action, attributes) => this.around.event(this, action, attributes),
    });
    this.execIDs.push(session.id);
    this.around.execs.set(session.id, session);
    return session;
  }

  journal(follow: boolean, signal?: AbortSignal): AsyncIterable<Event> { return this.#journal.read(follow, signal); }
  gate(command: GateCommand): void { this.gateKeeper.command(command); }
  inspectLive(step?: string): Promise<Evidence[]> { return liveEvidence(quietKernel(this.container.live), this.container, step); }

  /** The daemon ends; the container does not. */
  leave(): void {
    this.streams.close();
    this.#journal.flush();
  }
}

/** Where a machine can be picked up again: what was in the middle of something is taken back first (takeBack). */
function resting(machine: MachineState): MachineState {
  if (['created', 'running', 'paused', 'exited', 'failed'].includes(machine)) return machine;
  return machine === 'exiting' ? 'running' : 'failed';
}

/** Pids are used again, after a reboot at once: it is the container's only if it is in its cgroup. */
function isOurs(pid: number, id: string): boolean {
  try {
    return readFileSync(`/proc/${pid}/cgroup`, 'utf8').includes(id);
  } catch {
    return false;
  }
}
