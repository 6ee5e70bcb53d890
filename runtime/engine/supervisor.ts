/**
 * The API of one container for clients: a request becomes a signal, an event of its state machine, or an inspection.
 */
import type { Duplex, Readable } from 'node:stream';
import { TTY } from '../syscalls/constants.ts';
import { followed, type Parts } from '../kernel/jobs.ts';
import type { Kernel } from '../kernel/kernel.ts';
import type { CgroupStats } from '../kernel/cgroup/cgroup.ts';
import type { Event } from '../journal/event.ts';
import { winsize } from '../executor/stage/init/terminal.ts';
import type { InspectionSection } from '../journal/inspection-section.ts';
import type { ContainerHandle, ExecConfig, ExecHandle, GateCommand, GateOptions } from './engine.ts';
import type { AttachOptions } from '../container/io/attach-options.ts';
import { execOutputs, type ExecOutput } from '../container/logs/exec-log.ts';
import { ExecSession } from './exec-session.ts';
import type { Probing } from './health-monitor.ts';
import { liveEvidence } from './inspect.ts';
import { logSubject } from '../container/log-subject.ts';
import { attributesOf } from '../container/logs/attributes.ts';
import type { LogOptions } from '../container/logs/log-file.ts';
import type { LogRecord } from '../container/logs/log-record.ts';
import * as look from './container-stats.ts';
import { top } from './top.ts';
import type { LayerFile } from '../image/layer/layer-file.ts';
import { mountPoints } from '../storage/driver.ts';
import type { Journal } from '../journal/journal.ts';
import type { ContainerOperations } from '../operation/container-operations.ts';
import { quietKernel } from '../operation/create-run.ts';
import { conflict } from '../errors/api-error.ts';
import { Archive } from './archive.ts';
import type { CheckpointRef } from './checkpoint-options.ts';
import { Checkpoints } from './checkpoints.ts';
import { ContainerNetworks } from './container-networks.ts';
import { Ending } from './ending.ts';
import { Lifecycle } from './lifecycle.ts';
import type { Surroundings } from './surroundings.ts';
import { Verbs } from './verbs.ts';
import type { Container } from '../container/container.ts';
import type { ContainerState } from '../container/container-state.ts';
import type { ContainerRecord } from '../container/record.ts';
import type { HostConfig, Program } from '../request/container-request.ts';
import { walkOf } from './container-walk.ts';
import { UpperLook } from '../watch/upper-look.ts';

/** How long clients can ask for the exit code of an exec that has ended; dockerd keeps it as long. */
const EXEC_KEPT_MS = 300_000;

interface SessionOptions {
  over(session: ExecSession): void;
  operations: ContainerOperations;
  breakpoints(): string[];
  keeps: boolean;
}

export class Supervisor implements ContainerHandle {
  readonly life: Lifecycle;
  readonly #ending: Ending;
  readonly #verbs: Verbs;
  readonly #upper: UpperLook;
  readonly networks: ContainerNetworks;
  readonly checkpoints: Checkpoints;
  readonly execIDs: string[] = [];

  constructor(
    readonly container: Container,
    record: ContainerRecord,
    around: Surroundings,
  ) {
    const walk = () => walkOf(this);
    this.life = new Lifecycle(container, record, around, walk, (...probe) => this.#probe(...probe));
    this.#ending = new Ending(this.life);
    this.networks = new ContainerNetworks(this.life);
    this.checkpoints = new Checkpoints(this.life);
    this.#verbs = new Verbs(this.life, this.#ending);
    this.#upper = new UpperLook(this.life.log, () => {
      const { paths, image } = this.container;
      return {
        upper: paths.upper,
        lowers: [...(image?.layers ?? [])].reverse().map(({ dir, diffID }) => ({ dir, digest: diffID })),
        mountPoints: mountPoints(this.container),
      };
    });
  }

  get #log() {
    return this.container.log.driver;
  }

  get created(): number {
    return this.life.record.created;
  }
  get state(): ContainerState {
    return this.life.state;
  }
  start(gate?: GateOptions, from?: CheckpointRef): Promise<void> {
    return this.#verbs.start(gate, from && (() => this.checkpoints.find(from)));
  }
  stop(signal?: string, seconds?: number): Promise<void> {
    return this.#ending.stop(signal, seconds);
  }
  restart(signal?: string, seconds?: number): Promise<void> {
    return this.#verbs.restart(signal, seconds);
  }
  kill(signal?: string): Promise<void> {
    return this.#ending.kill(signal);
  }
  pause(): Promise<void> {
    return this.#verbs.pause();
  }
  unpause(): Promise<void> {
    return this.#verbs.unpause();
  }
  rename(name: string): void {
    this.#verbs.rename(name);
  }
  update(changes: Partial<HostConfig>): Promise<string[]> {
    return this.#verbs.update(changes);
  }
  remove(options: { force: boolean; volumes?: boolean }): Promise<void> {
    return this.#verbs.remove(options);
  }
  removeAtEnd(): void {
    this.#verbs.removeAtEnd();
  }

  wait(condition: 'not-running' | 'next-exit' | 'removed') {
    return this.life.waiters.exit(
      condition,
      this.life.running || this.life.underWay || this.life.restarting,
      this.life.record,
    );
  }

  async attach(client: Duplex, options: AttachOptions): Promise<'ended' | 'detached'> {
    if (options.stream && !options.logs && this.life.machine === 'paused')
      throw conflict(`container ${this.container.id} is paused, unpause the container before attach`);
    this.life.around.event(this.container, 'attach');
    if (options.logs)
      await this.#log.replay(this.container.paths.log, client, {
        ...options,
        tty: this.container.request.Tty ?? false,
      });
    return this.life.streams.couple(client, options);
  }

  async resize(height: number, width: number): Promise<void> {
    if (!this.life.running) throw conflict(`container ${this.container.id} is not running`);
    // as in dockerd, this does nothing without a terminal and is not an error
    if (this.container.request.Tty) {
      await look.withMaster(this.life.run.kernel, this.container.paths.runDir, this.container.id, async (master) => {
        await this.life.run.kernel.daemon.ioctl_in(master, TTY.TIOCSWINSZ, winsize(height, width));
      });
    }
    this.life.around.event(this.container, 'resize', { height: String(height), width: String(width) });
  }

  execsWritten = (): ExecOutput[] => execOutputs(this.container.paths.dir);
  written(): AsyncIterable<readonly LogRecord[]> {
    return this.#log.records(this.container.paths.log);
  }
  logs = (options: LogOptions): Readable =>
    this.#log.read(
      {
        path: this.container.paths.log,
        tty: this.container.request.Tty ?? false,
        attributes: () =>
          attributesOf(this.container.request.HostConfig.LogConfig?.Config ?? {}, logSubject(this.container)),
        running: () => this.life.underWay || this.life.restarting,
        onEnd: (listener) => this.life.waiters.listen(listener),
      },
      options,
    );

  async stats(): Promise<{ cgroup: CgroupStats; networks: Record<string, Record<string, number>> }> {
    return look.stats(this.container);
  }
  changes = () => look.changes(this.container);

  exported(): Parts<Uint8Array> {
    const { container, life } = this;
    this.mustStay('export');
    return followed(container.storage.exported(container), () => {
      this.mustStay('export');
      life.around.event(container, 'export');
    });
  }
  /** Throws ApiError 409 in dockerd's words for a container whose files are going, or are gone. */
  mustStay(verb: 'commit' | 'export'): void {
    const { status } = this.life.state;
    if (status === 'dead' || status === 'removing')
      throw conflict(
        `You cannot ${verb} container ${this.container.id} which is ${status === 'dead' ? 'Dead' : 'being removed'}`,
      );
  }
  setProgram = (program: Program): void => this.life.setProgram(program);
  /** Writes its own layer. Throws ApiError 409 when it was removed meanwhile, because files may be missing then. */
  async layerFile(k: Kernel, path: string): Promise<LayerFile> {
    const file = await this.container.storage.layerFile(k, this.container, path);
    this.mustStay('commit');
    return file;
  }
  /** `ref` is the name or id that the client used; errors repeat it. */
  archive = (ref: string): Archive => new Archive(this.life, ref);
  sizeRw = () => this.container.storage.size(this.container);

  async top(args?: string): Promise<{ Titles: string[]; Processes: string[][] }> {
    if (!this.life.restarting) await this.life.settled();
    this.#verbs.mustRun();
    return top(this.container, args);
  }

  async exec(config: ExecConfig, ref = this.container.id): Promise<ExecHandle> {
    if (!this.life.restarting) await this.life.settled();
    if (this.life.machine === 'paused') throw conflict(`Container ${ref} is paused, unpause the container before exec`);
    this.#verbs.mustRun();
    return this.#session(config, this.life.log, {
      over: (session) => void setTimeout(() => this.life.around.execs.delete(session.id), EXEC_KEPT_MS).unref(),
      operations: this.life.operations,
      breakpoints: () => this.life.gateKeeper.breakpointsOf('exec'),
      keeps: true,
    });
  }

  /** No breakpoint holds a probe, and clients can ask for it only while it runs: one may run every second for years. */
  #probe: Probing['exec'] = (config, journal, operations) =>
    this.#session(config, journal, {
      over: ({ id, left }) => void (left.length || this.life.around.execs.delete(id)),
      operations,
      breakpoints: () => [],
      keeps: false,
    });

  #session(
    config: ExecConfig,
    journal: Journal,
    { over, operations, breakpoints, keeps }: SessionOptions,
  ): ExecSession {
    const session: ExecSession = new ExecSession(this, journal, config, {
      over: () => {
        this.execIDs.splice(this.execIDs.indexOf(session.id), 1);
        over(session);
      },
      dropped: () => {
        this.execIDs.splice(this.execIDs.indexOf(session.id), 1);
        this.life.around.execs.delete(session.id);
      },
      breakpoints,
      keeps,
      event: (action, attributes) => this.life.around.event(this.container, action, attributes),
      performing: (run, work) =>
        operations.run('exec', work, { id: session.id, run, gate: (command) => session.gate.command(command) }),
    });
    this.execIDs.push(session.id);
    this.life.around.execs.set(session.id, session);
    return session;
  }

  journal(follow: boolean, signal?: AbortSignal): AsyncIterable<Event> {
    return this.life.log.read(follow, signal);
  }
  happening(signal: AbortSignal): AsyncIterable<readonly Event[]> {
    return this.life.log.batches(true, signal);
  }
  gate(command: GateCommand): void {
    // a pause without a running phase would hold the next start or the end, where it is not expected
    if (command.command === 'pause' && (!this.life.underWay || this.life.running))
      throw conflict(
        `container ${this.container.name} is ${this.life.machine}: no step is under way that could be paused`,
      );
    const exec = this.life.gateKeeper.paused
      ? undefined
      : [...this.life.around.execs.values()].find((one) => one.container === this && one.gate.paused);
    const connection = this.life.gateKeeper.paused ? undefined : this.networks.heldGate;
    (exec?.gate ?? connection ?? this.life.gateKeeper).command(command);
  }
  inspectLive(step?: string): Promise<InspectionSection[]> {
    return liveEvidence(quietKernel(this.container.live), this.container, step);
  }

  watch(signal: AbortSignal): void {
    this.#upper.by(signal);
  }

  /** The daemon ends. The container goes on. */
  leave(): void {
    this.#upper.end();
    this.life.streams.close();
    this.life.log.flush();
  }
}
