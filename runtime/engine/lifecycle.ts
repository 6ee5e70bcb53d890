/**
 * The state machine of a container: phases lead to states, and states are written to its record and to Docker's events.
 */
import { createActor, type Actor } from 'xstate';
import { hasCode, tolerate } from '../kernel/errors.ts';
import { daemonKernel } from '../kernel/linux/linux.ts';
import { Journal } from '../journal/journal.ts';
import { leavesOut } from '../container/leave-out.ts';
import { walkWith } from '../steps/phases.ts';
import type { Phase } from '../container/step.ts';
import { OomWatch } from '../watch/oom.ts';
import type { Container } from '../container/container.ts';
import { containerMachine, type ContainerMachine, type Work } from '../container/container.machine.ts';
import { type PhaseId } from '../container/life.ts';
import { isOurs, midway, resting, statusOf } from '../container/status.ts';
import type { GateOptions } from './engine.ts';
import type { Endpoint } from '../network/endpoint.ts';
import type { ContainerState } from '../container/container-state.ts';
import type { MachineState } from '../container/life.ts';
import { ContainerOperations } from '../operation/container-operations.ts';
import { Aborted, Gate } from '../operation/gate.ts';
import type { Walkable } from '../operation/walkable.ts';
import { newRun } from '../operation/create-run.ts';
import { addDeclared } from '../container/mount-points.ts';
import { noteStart, saveRecord, type ContainerRecord } from '../container/record.ts';
import { conflict, notFound } from '../errors/api-error.ts';
import type { ContainerRequest, Program } from '../request/container-request.ts';
import { runPhase, type Run } from '../operation/run-phase.ts';
import { notUndone, startFailure, type StartFailure, withRest } from '../operation/failure.ts';
import { listenBefore, Streams } from '../container/io/streams.ts';
import { newPull } from '../image/pull.ts';
import type { Life, Surroundings } from './surroundings.ts';
import { connected, enter, noticeOom, type Transiting } from './transitions.ts';
import { EndNotice } from './end-notice.ts';
import { Reaching } from './reaching.ts';
import { Waiters } from './waiters.ts';
import { ContainerRollback } from './container-rollback.ts';
import { HealthMonitor, type Probing } from './health-monitor.ts';

/** A phase of a container's life, with the steps of the container's storage driver and executor. */
function phaseOf(container: Container, id: PhaseId): Phase<Container> {
  const { starting, exit, remove } = walkWith(container);
  return [...starting, exit, remove].find((phase) => phase.id === id)!;
}

const streamsOf = ({ Tty = false, OpenStdin = false, StdinOnce = false }: ContainerRequest): Streams =>
  new Streams({ tty: Tty, stdin: OpenStdin, stdinOnce: StdinOnce });

/** The state machine of one container, with its journal, gate, streams and record. */
export class Lifecycle implements Life, Transiting {
  streams: Streams;
  readonly waiters = new Waiters();
  readonly gateKeeper: Gate;
  readonly log: Journal;
  readonly run: Run<Container>;
  readonly actor: Actor<ContainerMachine>;
  failure: StartFailure | undefined;
  readonly oom: OomWatch;
  readonly #back: ContainerRollback;
  readonly #end = new EndNotice(
    () => this.running,
    () => this.actor.send({ type: 'EXITED' }),
  );
  readonly operations: ContainerOperations;
  readonly health: HealthMonitor;
  /**
   * True from the end of a run until the next run that the restart policy asks for is running. This covers the delay
   * and the phases of the start.
   */
  restarting = false;
  /** A client has ended this run, so no restart policy starts it again (dockerd: ExitOnNext). */
  restartCanceled = false;
  /** True while `restart` stops the container only to start it again; --rm then does not remove it. */
  kept = false;

  constructor(
    readonly container: Container,
    readonly record: ContainerRecord,
    readonly around: Surroundings,
    walk: () => Walkable,
    exec: Probing['exec'],
  ) {
    const { request } = container;
    this.log = Journal.open(container.paths.journal);
    this.log.run = record.runs;
    this.operations = new ContainerOperations(
      {
        id: container.id,
        walk,
        log: this.log,
        name: () => container.name,
        // the end of a start also saves the record
        save: () => void (this.starting || saveRecord(container.settings, record)),
      },
      (record.operations ??= []),
    );
    const event = (action: string) => this.around.event(container, action);
    this.health = new HealthMonitor({ container, record, log: this.log, walk, exec, event });
    this.gateKeeper = new Gate((event) => {
      this.log.append(event);
      this.waiters.changed();
    });
    this.run = newRun(container, this.log, this.gateKeeper);
    this.#back = new ContainerRollback(this.run, record, walkWith(container).starting);
    this.oom = new OomWatch(daemonKernel(), container, (fact) => void this.log.append({ type: 'fact', facts: [fact] }));
    container.pull.progress = (line) =>
      void (line.current === undefined && this.log.append({ type: 'progress', ...line }));
    this.streams = streamsOf(request);
    const work: Work = { phase: (id) => this.#phase(id), unwind: () => this.#unwind() };
    const context = {
      work,
      error: record.error,
      executed: record.machine === 'running' || record.machine === 'paused',
    };
    const value = resting(record.machine);
    this.actor = createActor(containerMachine, {
      input: { work },
      snapshot: containerMachine.resolveState({ value, context }),
    });
    this.actor.subscribe((snapshot) => {
      enter(this, snapshot.value as MachineState, snapshot.context.error);
      this.#end.settle();
    });
    this.actor.start();
  }

  /** The program of the next start. */
  setProgram(program: Program): void {
    if (this.running || this.underWay) throw conflict(`container ${this.container.name} runs; let it end first`);
    Object.assign(this.container.request, program);
    this.streams.close();
    this.streams = streamsOf(this.container.request);
  }

  get machine(): MachineState {
    return this.actor.getSnapshot().value as MachineState;
  }
  get running(): boolean {
    return ['running', 'paused'].includes(this.machine);
  }
  /** true from START until the program runs or the start has failed */
  get underWay(): boolean {
    return !['created', 'exited', 'failed', 'removed'].includes(this.machine);
  }

  /** true during the phases of a start and their rollback */
  get starting(): boolean {
    return midway.has(this.machine) || this.machine === 'unwinding';
  }

  get state(): ContainerState {
    const { pid, exitCode, oomKilled, error, startedAt, finishedAt, restartCount, health } = this.record;
    const { machine } = this;
    const status = statusOf(machine, this.record, this.restarting);
    return {
      status,
      machine,
      pid: status === 'running' || status === 'paused' ? pid : 0,
      exitCode,
      oomKilled,
      error,
      startedAt,
      finishedAt,
      restartCount,
      ...(health && { health }),
    };
  }

  /**
   * Resolves when no phase is running, as dockerd's calls wait for the container's lock. Throws 409 when the gate holds
   * it.
   */
  async settled(): Promise<void> {
    while (this.starting || this.machine === 'exiting' || this.reaching.busy) {
      const { name } = this.container;
      if (this.gateKeeper.paused)
        throw conflict(
          `container ${name} is held before ${this.gateKeeper.step}; let it go on first: drydock gate ${name} continue`,
        );
      await this.waiters.change();
    }
  }

  /** `cp` of a stopped container: neither a start nor a removal may begin meanwhile. */
  readonly reaching = new Reaching(() => this.waiters.changed());

  async #phase(id: PhaseId): Promise<void> {
    await this.#back.done; // this also makes the journal show the new state before the events of its phase
    try {
      await this.#back.before(id);
      this.gateKeeper.oneWay = id === 'exit' || id === 'remove';
      if (id === 'pull') {
        delete this.record.left;
        this.run.begun = new Set(); // forgets the steps of an earlier run
      }
      if (id === 'init')
        this.container.live.listen = (k) =>
          listenBefore(k, this.streams, this.container.paths.shimSocket, this.#end.tell);
      const known = new Set(this.container.warnings);
      if (id === 'create') this.#declareVolumes();
      const work = () => runPhase(this.run, phaseOf(this.container, id));
      await (id === 'pull'
        ? this.operations.child('pull', 'start', work, () => this.container.pull.state.client !== undefined)
        : work());
      if (id === 'create')
        for (const text of new Set(this.container.warnings))
          this.log.append({ type: 'note', text: `warning: ${text}` });
      if (id === 'pull' && this.container.pull.notice)
        this.log.append({ type: 'note', text: this.container.pull.notice });
      if (id === 'network') {
        for (const text of this.container.warnings.filter((one) => !known.has(one)))
          this.log.append({ type: 'note', text: `warning: ${text}` });
        connected(this, 'connect');
      }
    } catch (error) {
      this.failure = startFailure(error);
      throw error;
    }
  }

  /** The image that came with this start may declare volumes. */
  #declareVolumes(): void {
    const { id, mounts, request, image } = this.container;
    if (this.record.undeclared) addDeclared(mounts, id, request, image);
    delete this.record.undeclared;
  }

  async #unwind(): Promise<void> {
    this.streams.close();
    const left = await this.#back.go();
    if (this.failure) this.failure = withRest(this.failure, left);
  }

  /** Takes over a container whose shim is still running after the daemon's start. */
  async adopt(): Promise<void> {
    const { live, paths } = this.container;
    const { pid } = this.record;
    live.pid =
      isOurs(pid, this.container.id) ||
      (leavesOut(this.container, 'cgroup') && (await this.container.cgroup.processes()).includes(pid))
        ? pid
        : undefined;
    const kernel = this.run.kernel;
    try {
      // the last daemon may have died between the freezer and its record
      await (
        this.record.machine === 'paused' ? this.container.cgroup.freeze(kernel) : this.container.cgroup.thaw(kernel)
      ).catch(() => undefined);
      if (live.pid) live.pidfd = await tolerate(['ESRCH'], kernel.daemon.pidfd_open(live.pid, 0));
      await this.streams.open(paths.shimSocket, this.#end.tell);
      noticeOom(this);
      if (this.machine === 'running') await this.health.adopt();
    } catch (error) {
      if (!hasCode(error, 'ENOENT', 'ECONNREFUSED')) throw error;
      this.actor.send({ type: 'EXITED' }); // it ended while no daemon was running; the exit file says how
    }
  }

  /** Undoes a run that a daemon left unfinished when it died. */
  async takeBack(): Promise<void> {
    const { error, left: before } = this.record;
    await this.#unwind();
    const { left } = this.record;
    if (before?.length || left?.length)
      this.record.error = notUndone(error || 'the daemon ended in the middle of it', left ?? []);
    saveRecord(this.container.settings, this.record);
  }

  /** Throws ApiError 404 for an endpoint whose network is gone, 409 for one whose network is being removed. */
  readonly checkNetwork = (endpoint: Endpoint): void => {
    if (!endpoint.networkID) return;
    const network = this.container.networkOf?.(endpoint);
    if (!network) throw notFound(`network ${endpoint.networkID} not found`);
    if (network.ending) throw conflict(`network ${network.name} is being removed`);
  };

  /** ends the pull of the current start */
  #cut = new AbortController();

  /** Runs pull → exec of a container that is at rest. Resolves when the program runs. */
  async begin(gate?: GateOptions): Promise<void> {
    await this.reaching.over();
    this.container.endpoints.forEach(this.checkNetwork);
    this.#renewPull();
    Object.assign(this.record, { stopped: false, runs: this.record.runs + 1 });
    this.restartCanceled = false;
    this.#end.forget();
    this.log.run = this.record.runs;
    this.failure = undefined;
    this.container.exit = undefined;
    this.container.warnings = [...this.record.warnings];
    this.gateKeeper.arm(gate ?? { mode: 'run', breakpoints: [] });
    noteStart(this.container.settings, this.record);
    await this.operations.run('start', async () => {
      const settled = this.waiters.until(['running', 'exiting', 'exited', 'failed']);
      this.actor.send({ type: 'START' });
      if ((await settled) === 'failed')
        throw (this.failure as StartFailure | undefined)?.refusal ?? conflict(this.record.error);
    });
  }

  #renewPull(): void {
    const { reference, platform, progress } = this.container.pull;
    const cut = (this.#cut = new AbortController());
    this.gateKeeper.onAbort = (why) => cut.abort(why);
    this.container.pull = newPull(reference, 'missing', {
      progress,
      signal: cut.signal,
      ...(platform && { platform }),
    });
  }

  /**
   * Gives up a start: releases what the gate holds and ends the pull at once. After the pull the start takes only
   * milliseconds and goes on to running.
   */
  async giveUp(): Promise<void> {
    this.gateKeeper.release();
    this.#cut.abort(new Aborted(this.run.current ?? 'pull', 'in'));
    while (this.starting) await this.waiters.change();
  }
}
