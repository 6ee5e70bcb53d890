/** The clients' side of a container: what they ask of it becomes signals, events of its machine, or a look. */
import type { Duplex, Readable } from 'node:stream';
import { TTY } from '../syscalls/constants.ts';
import type { CgroupStats } from '../kernel/cgroup/cgroup.ts';
import type { Event } from '../journal/event.ts';
import { winsize } from '../steps/container/exec/terminal.ts';
import type { Evidence } from '../journal/inspection-section.ts';
import type { ContainerHandle, ExecConfig, ExecHandle, GateCommand } from './engine.ts';
import type { AttachOptions } from '../container/io/attach-options.ts';
import { execOutputs, type ExecOutput } from '../container/logs/exec-log.ts';
import { ExecSession } from './exec-session.ts';
import { liveEvidence } from './inspect.ts';
import { type LogOptions, readLog, recordsOf, replayLog } from '../container/logs/log-file.ts';
import type { LogRecord } from '../container/logs/log-record.ts';
import * as look from './container-stats.ts';
import { top } from './top.ts';
import { mountPoints } from '../storage/driver.ts';
import { quietKernel } from '../operation/create-run.ts';
import { conflict } from '../errors/api-error.ts';
import { Verbs } from './verbs.ts';
import { walkOf } from './container-walk.ts';
import { UpperLook } from '../watch/upper-look.ts';

/** How long an exec that is over can still be asked for its exit code; dockerd keeps it as long. */
const EXEC_KEPT_MS = 300_000;

export class Supervisor extends Verbs implements ContainerHandle {
  readonly execIDs: string[] = [];
  readonly #upper = new UpperLook(this.log, () => {
    const { paths, image } = this.container;
    return {
      upper: paths.upper,
      lowers: [...(image?.layers ?? [])].reverse().map(({ dir, diffID }) => ({ dir, digest: diffID })),
      mountPoints: mountPoints(this.container),
    };
  });

  protected override walk = () => walkOf(this);

  wait(condition: 'not-running' | 'next-exit' | 'removed') {
    return this.waiters.exit(condition, this.running || this.underWay || this.restarting, this.record);
  }

  async attach(client: Duplex, options: AttachOptions): Promise<'ended' | 'detached'> {
    if (options.stream && !options.logs && this.machine === 'paused')
      throw conflict(`container ${this.container.id} is paused, unpause the container before attach`);
    this.around.event(this.container, 'attach');
    if (options.logs)
      await replayLog(this.container.paths.log, client, { ...options, tty: this.container.request.Tty ?? false });
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
  written(): AsyncIterable<readonly LogRecord[]> {
    return recordsOf(this.container.paths.log);
  }
  logs = (options: LogOptions): Readable =>
    readLog(
      {
        path: this.container.paths.log,
        tty: this.container.request.Tty ?? false,
        running: () => this.underWay || this.restarting,
        onEnd: (listener) => this.waiters.listen(listener),
      },
      options,
    );

  async stats(): Promise<{ cgroup: CgroupStats; networks: Record<string, Record<string, number>> }> {
    return look.stats(this.container);
  }
  changes = () => look.changes(this.container);
  sizeRw = () => this.container.storage.size(this.container);

  async top(args?: string): Promise<{ Titles: string[]; Processes: string[][] }> {
    if (!this.restarting) await this.settled();
    this.mustRun();
    return top(this.container, args);
  }

  async exec(config: ExecConfig, ref = this.container.id): Promise<ExecHandle> {
    if (!this.restarting) await this.settled();
    if (this.machine === 'paused') throw conflict(`Container ${ref} is paused, unpause the container before exec`);
    this.mustRun();
    const session: ExecSession = new ExecSession(this, this.log, config, {
      over: () => {
        this.execIDs.splice(this.execIDs.indexOf(session.id), 1);
        setTimeout(() => this.around.execs.delete(session.id), EXEC_KEPT_MS).unref();
      },
      dropped: () => {
        this.execIDs.splice(this.execIDs.indexOf(session.id), 1);
        this.around.execs.delete(session.id);
      },
      breakpoints: () => this.gateKeeper.breakpointsOf('join'),
      event: (action, attributes) => this.around.event(this.container, action, attributes),
      performing: (run, work) =>
        this.operations.run('exec', work, { id: session.id, run, gate: (command) => session.gate.command(command) }),
    });
    this.execIDs.push(session.id);
    this.around.execs.set(session.id, session);
    return session;
  }

  journal(follow: boolean, signal?: AbortSignal): AsyncIterable<Event> {
    return this.log.read(follow, signal);
  }
  happening(signal: AbortSignal): AsyncIterable<readonly Event[]> {
    return this.log.batches(true, signal);
  }
  gate(command: GateCommand): void {
    // what is not under way would stand at its next start or its end, when nobody expects it any more
    if (command.command === 'pause' && (!this.underWay || this.running))
      throw conflict(`container ${this.container.name} is ${this.machine}: no step is under way that could be paused`);
    const exec = this.gateKeeper.paused
      ? undefined
      : [...this.around.execs.values()].find((one) => one.container === this && one.gate.paused);
    (exec?.gate ?? this.gateKeeper).command(command);
  }
  inspectLive(step?: string): Promise<Evidence[]> {
    return liveEvidence(quietKernel(this.container.live), this.container, step);
  }

  watch(signal: AbortSignal): void {
    this.#upper.by(signal);
  }

  /** The daemon ends; the container does not. */
  leave(): void {
    this.#upper.end();
    this.streams.close();
    this.log.flush();
  }
}
