/**
 * One `exec`: it is created, started once, and ends. The container's executor gives its steps,
 * and it has a shim of its own.
 */
import type { Duplex } from 'node:stream';
import { TTY } from '../syscalls/constants.ts';
import { killSession } from '../kernel/process/kill-session.ts';
import { daemonKernel } from '../kernel/linux/linux.ts';
import { exitCodeOf, readExit, reapShim } from '../kernel/process/shim.ts';
import type { Journal } from '../journal/journal.ts';
import { allCapabilities, capabilitySets } from '../oci/capabilities.ts';
import { linkEnvironmentOfRun } from '../container/link-environment.ts';
import { mergeConfig, processEnv } from '../container/merge.ts';
import type { Process } from '../oci/spec.ts';
import { closeLive } from '../executor/stage/create/process.ts';
import { winsize } from '../executor/stage/init/terminal.ts';
import { walkWith } from '../steps/phases.ts';
import type { Container, Exec } from '../container/container.ts';
import type { ContainerHandle, ExecConfig, ExecHandle } from './engine.ts';
import type { AttachOptions } from '../container/io/attach-options.ts';
import { ExecLog } from '../container/logs/exec-log.ts';
import { Gate } from '../operation/gate.ts';
import { newId } from '../data-root/identity.ts';
import { withMaster } from './container-stats.ts';
import { newRun } from '../operation/create-run.ts';
import { execPaths } from '../container/paths.ts';
import { badParameter, conflict, ApiError } from '../errors/api-error.ts';
import { runPhase, unwind, type Run } from '../operation/run-phase.ts';
import { startFailure, withRest } from '../operation/failure.ts';
import { EndNotice } from './end-notice.ts';
import { listenBefore, Streams } from '../container/io/streams.ts';
import { restOf } from '../operation/rollback.ts';

export interface ExecSurroundings {
  over(): void;
  /** called when the container has ended and the exec was never started */
  dropped(): void;
  /** where this exec is held: the container's breakpoints in the phase exec */
  breakpoints(): string[];
  event(action: string, attributes: Record<string, string>): void;
  /** makes the start an operation of the container; `run` marks its events */
  performing(run: string, work: () => Promise<void>): Promise<void>;
  /** true when its output is kept for recordings */
  readonly keeps: boolean;
}

const nameOf = (variable: string) => variable.split('=', 1)[0];
function withVariables(env: readonly string[], more: readonly string[]): string[] {
  const names = new Set(more.map(nameOf));
  return [...env.filter((one) => !names.has(nameOf(one))), ...more.filter((one) => one.includes('='))];
}

/**
 * As in dockerd, the environment comes from the container's configuration and not from its process, so TERM is set only
 * with -t.
 */
function envOf(c: Container, { Tty = false, Env }: ExecConfig): string[] {
  const { request, image, spec, bundle } = c;
  // a bundle says itself which variables there are
  if (bundle) return withVariables(spec.process.env, Env ?? []);
  const hostname = spec.process.env.find((e) => e.startsWith('HOSTNAME='))?.slice('HOSTNAME='.length) ?? '';
  const config = image ? mergeConfig(request, image.config) : request;
  return processEnv(
    { ...config, Tty, Env: [...(config.Env ?? []), ...(Env ?? [])] },
    hostname,
    linkEnvironmentOfRun(c),
  );
}

/**
 * The container's own process with the changes that exec asks for. The user is looked up again, in the image's current
 * files.
 */
function processOf(c: Container, config: ExecConfig): Process {
  const own = c.spec.process as Process | undefined;
  if (!own)
    throw new ApiError(
      500,
      `${c.paths.config} cannot be read, so that the process of container ${c.name} is not known; restart the container`,
    );
  const [height = 0, width = 0] = config.ConsoleSize ?? [];
  return {
    ...own,
    terminal: config.Tty ?? false,
    args: config.Cmd,
    env: envOf(c, config),
    cwd: config.WorkingDir || own.cwd,
    consoleSize: height && width ? { height, width } : undefined,
    user: {
      uid: 0,
      gid: 0,
      username: config.User || own.user.username || `${own.user.uid}:${own.user.gid}`,
      // the groups of a container that an earlier version started are only in its request
      groups: own.user.groups ?? c.request.HostConfig.GroupAdd ?? [],
    },
    ...(config.Privileged && { capabilities: capabilitySets(allCapabilities()) }),
  } as Process;
}

export class ExecSession implements ExecHandle {
  readonly id = newId();
  readonly #label = `exec-${this.id.slice(0, 12)}`;
  readonly #kept: ExecLog | undefined;
  readonly #streams: Streams;
  readonly #run: Run<Exec>;
  /** Holds the steps of this exec. A command for the container's gate goes to this one when only this one holds. */
  readonly gate = new Gate((event) => void this.#run.journal.append(event));
  readonly #over: Promise<number>;
  #finish: (code: number) => void = () => undefined;
  #started = false;
  /** what a failed start could not undo */
  left: readonly string[] = [];
  state: { running: boolean; exitCode: number | null; pid: number } = { running: false, exitCode: null, pid: 0 };
  readonly #endNotice = new EndNotice(
    () => this.state.running,
    () => void this.#ended(),
  );

  constructor(
    readonly container: ContainerHandle,
    journal: Journal,
    readonly config: ExecConfig,
    private readonly around: ExecSurroundings,
  ) {
    if (!config.Cmd?.length) throw badParameter('No exec command specified');
    const c = container.container;
    if (around.keeps)
      this.#kept = new ExecLog(c.paths.dir, { id: this.id, command: config.Cmd, tty: config.Tty ?? false });
    this.#streams = new Streams({
      tty: config.Tty ?? false,
      stdin: config.AttachStdin ?? false,
      stdinOnce: true,
      heard: (stream, data) => this.#kept?.write(stream, data),
    });
    this.#over = new Promise((resolve) => (this.#finish = resolve));
    const target: Exec = {
      id: this.id,
      target: c,
      paths: execPaths(c.paths, c.settings, this.id),
      process: processOf(c, config),
      stdin: config.AttachStdin ?? false,
      live: {
        listen: (k) => listenBefore(k, this.#streams, this.#run.container.paths.shimSocket, this.#endNotice.tell),
      },
    };
    this.#run = newRun(target, journal, this.gate, this.#label);
    this.#run.begun = new Set();
    this.#event('exec_create');
  }

  /** Drops an exec that was not started when its run has ended, because it cannot be started in the next one. */
  drop(): void {
    if (!this.#started) this.around.dropped();
  }

  #event(action: string, more: Record<string, string> = {}): void {
    const command = action === 'exec_die' ? '' : `: ${this.config.Cmd.join(' ')}`;
    this.around.event(`${action}${command}`, { execID: this.id, ...more });
  }

  attach(client: Duplex, options: AttachOptions): Promise<'ended' | 'detached'> {
    return this.#streams.couple(client, {
      ...options,
      logs: false,
      detachKeys: options.detachKeys ?? this.config.DetachKeys,
    });
  }

  /** Throws ApiError 409 when it was started before, or when its container is paused or has no process. */
  checkStartable(): void {
    const {
      container: { id },
      state: { status },
    } = this.container;
    if (this.#started)
      throw conflict(
        `Error: Exec command ${this.id} ${this.state.exitCode === null ? 'is already running' : 'has already run'}`,
      );
    if (status === 'paused') throw conflict(`Container ${id} is paused, unpause the container before exec`);
    if (status === 'restarting') throw conflict(`Container ${id} is restarting, wait until the container is running`);
    if (status !== 'running') throw conflict(`container ${id} is not running`);
  }

  async start({ ConsoleSize }: { Tty?: boolean; ConsoleSize?: [number, number] | null }): Promise<void> {
    this.checkStartable();
    this.#started = true;
    const { process, live } = this.#run.container;
    if (ConsoleSize?.[0] && ConsoleSize[1]) process.consoleSize = { height: ConsoleSize[0], width: ConsoleSize[1] };
    this.gate.arm({ mode: 'run', breakpoints: this.around.breakpoints() });
    await this.around.performing(this.#label, () => this.#runPhase());
    this.state = { running: true, exitCode: null, pid: live.pid ?? 0 };
    this.#event('exec_start');
    this.#endNotice.settle();
  }

  async #runPhase(): Promise<void> {
    try {
      await runPhase(this.#run, this.#phase);
    } catch (error) {
      const failure = startFailure(error);
      this.gate.oneWay = true;
      const left = await this.takeBack();
      this.#streams.abandon();
      this.#end(failure.exitCode);
      throw withRest(failure, left).refusal;
    }
  }

  /** Undoes a failed start. The container's rm tries again for what remains. */
  async takeBack(): Promise<readonly string[]> {
    return (this.left = restOf(await unwind(this.#run, [this.#phase])));
  }

  get #phase() {
    return walkWith(this.container.container).exec;
  }

  private get kernel() {
    return this.#run.kernel;
  }

  async #ended(): Promise<void> {
    const { paths, live } = this.#run.container;
    this.#end(exitCodeOf(readExit(paths.exit).status));
    await closeLive(this.kernel, live);
    await reapShim(this.kernel, live);
    await this.kernel.removeTree(paths.runDir);
  }

  #end(exitCode: number): void {
    // dockerd shows the pid also after the process has ended
    this.state = { running: false, exitCode, pid: this.state.pid };
    this.#kept?.close();
    this.#event('exec_die', { exitCode: String(exitCode) });
    this.#finish(exitCode);
    this.around.over();
  }

  wait(): Promise<number> {
    return this.#over;
  }

  /** Kills it with all that it started, also in the middle of its start, which then fails. */
  async kill(): Promise<void> {
    const { target, live } = this.#run.container;
    if (live.pid && live.pidfd !== undefined)
      await killSession(daemonKernel(), live.pid, () => target.cgroup.processes());
  }

  async resize(height: number, width: number): Promise<void> {
    if (!this.state.running) throw conflict(`exec ${this.id} is not running`);
    // as in dockerd, this does nothing and is not an error
    if (!this.config.Tty) return;
    await withMaster(this.kernel, this.#run.container.paths.runDir, this.id, async (master) => {
      await this.kernel.daemon.ioctl_in(master, TTY.TIOCSWINSZ, winsize(height, width));
    });
  }

  /** The daemon ends. The process goes on, but its exit code will be lost. */
  leave(): void {
    this.#streams.close();
    this.#kept?.close();
  }
}
