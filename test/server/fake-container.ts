/** A container handle and its execs over FakeProcess. */
import { overlay2 } from '../../runtime/storage/overlay2/driver.ts';
import { randomBytes } from 'node:crypto';
import type { Duplex, Readable } from 'node:stream';
import type { Event } from '../../runtime/journal/event.ts';
import type { Image } from '../../runtime/image/manifest/image.ts';
import { logOf } from '../../runtime/drivers/log.ts';
import type { Container } from '../../runtime/container/container.ts';
import type {
  ArchiveHandle,
  ContainerHandle,
  Engine,
  ExecConfig,
  ExecHandle,
  GateCommand,
  GateOptions,
} from '../../runtime/engine/engine.ts';
import type { AttachOptions } from '../../runtime/container/io/attach-options.ts';
import type { ContainerState } from '../../runtime/container/container-state.ts';
import type { LogOptions } from '../../runtime/container/logs/log-file.ts';
import { badParameter, conflict, notFound, notModified, ApiError } from '../../runtime/errors/api-error.ts';
import type { ContainerRequest, HostConfig } from '../../runtime/request/container-request.ts';
import { fakeVolumes } from '../steps/fake-volumes.ts';
import { FakeProcess, type Output } from './fake-process.ts';

/** Throws dockerd's message for a program that cannot be started. */
function checkProgram(word: string): void {
  if (word === '/nope')
    throw new ApiError(400, 'exec: "/nope": stat /nope: no such file or directory: unknown', { exitCode: 127 });
  if (word === '/etc') throw new ApiError(400, 'exec: "/etc": permission denied', { exitCode: 126 });
}

class FakeExec implements ExecHandle {
  readonly id = randomBytes(32).toString('hex');
  readonly process: FakeProcess;
  failed: number | null = null;
  constructor(
    readonly container: FakeContainer,
    readonly config: ExecConfig,
  ) {
    this.process = new FakeProcess(config.Tty === true, config.AttachStdin === true);
  }
  get state() {
    return { running: this.process.running, exitCode: this.process.exitCode ?? this.failed, pid: this.process.pid };
  }
  checkStartable(): void {
    const { id } = this.container.container;
    if (this.process.running || this.state.exitCode !== null)
      throw conflict(`Error: Exec command ${this.id} has already run`);
    if (this.container.state.status === 'paused')
      throw conflict(`Container ${id} is paused, unpause the container before exec`);
    if (this.container.state.status !== 'running') throw conflict(`container ${id} is not running`);
  }
  async start(options: { ConsoleSize?: [number, number] | null }): Promise<void> {
    if (options.ConsoleSize) this.process.sizes.push(options.ConsoleSize);
    try {
      checkProgram(this.config.Cmd[0]!);
    } catch (error) {
      this.failed = 127;
      this.process.fail();
      throw error;
    }
    this.process.start(this.config.Cmd, this.config.Env ?? []);
  }
  wait = () => this.process.exited;
  attach = (client: Duplex, options: AttachOptions) => this.process.attach(client, options);
  async resize(height: number, width: number): Promise<void> {
    this.process.sizes.push([height, width]);
  }
}

export class FakeContainer implements ContainerHandle {
  readonly container: Container;
  readonly created = Date.now();
  readonly execs: FakeExec[] = [];
  readonly gates: (GateOptions | GateCommand)[] = [];
  process: FakeProcess;
  #status: ContainerState['status'] = 'created';
  #started = 0;
  #finished = 0;
  #exitCode = 0;
  readonly #exits = new Set<() => void>();
  readonly #removals = new Set<() => void>();

  constructor(
    readonly engine: Pick<Engine, 'events'> & { readonly map: Map<string, FakeContainer> },
    id: string,
    name: string,
    request: ContainerRequest,
    image: Image,
  ) {
    const endpoint = {
      driver: 'bridge',
      network: 'bridge',
      endpointID: 'e'.repeat(64),
      address: '172.30.0.2',
      prefix: 16,
      gateway: '172.30.0.1',
      mac: '02:42:ac:1e:00:02',
      hostLink: 'veth0',
    };
    const paths = {
      dir: '/d',
      rootfs: '/d/rootfs',
      upper: '/d/upper',
      work: '/d/work',
      log: '/d/log',
      hosts: '/d/hosts',
      hostname: '/d/hostname',
      resolvConf: '/d/resolv.conf',
    };
    this.container = {
      id,
      name,
      request,
      image,
      endpoints: [endpoint],
      names: { dns: [], search: [], options: [], hosts: [] },
      mounts: [],
      volumes: fakeVolumes('/var/lib/fake'),
      paths,
      log: logOf(request.HostConfig.LogConfig, paths.log),
      storage: overlay2,
      executor: 'stage',
      spec: { hostname: id.slice(0, 12), linux: {} },
      warnings: [],
    } as unknown as Container;
    this.process = new FakeProcess(request.Tty === true, request.OpenStdin === true);
  }

  get state(): ContainerState {
    return {
      status: this.#status,
      machine: 'running',
      pid: this.process.pid,
      exitCode: this.#exitCode,
      oomKilled: false,
      error: '',
      startedAt: this.#started,
      finishedAt: this.#finished,
      restartCount: 0,
    };
  }
  get execIDs(): string[] {
    return this.execs.map((e) => e.id);
  }
  emit(action: string, more: Record<string, string> = {}): void {
    const { id, name, request } = this.container;
    this.engine.events.emit('container', action, id, { image: request.Image, name, ...request.Labels, ...more });
  }

  async start(gate?: GateOptions): Promise<void> {
    if (this.process.running) throw notModified('running already');
    if (gate) this.gates.push(gate);
    const { Cmd, Entrypoint, Env } = this.container.request;
    const argv = [...(Entrypoint ?? []), ...(Cmd ?? this.container.image?.config.config?.Cmd ?? [])];
    this.#exitCode = 127;
    try {
      checkProgram(argv[0]!);
    } catch (error) {
      this.process.fail();
      if (this.container.request.HostConfig.AutoRemove) await this.remove({ force: true });
      throw error;
    }
    this.process.start(argv, Env ?? []);
    [this.#status, this.#started, this.#exitCode] = ['running', Date.now(), 0];
    this.emit('start');
    void this.process.exited.then(async (code) => {
      [this.#status, this.#finished, this.#exitCode] = ['exited', Date.now(), code];
      this.emit('die', { exitCode: String(code) });
      for (const tell of this.#exits) tell();
      if (this.container.request.HostConfig.AutoRemove) await this.remove({ force: false });
    });
  }
  async stop(): Promise<void> {
    if (!this.process.running) throw notModified('stopped already');
    this.process.signal('SIGKILL');
    await this.process.exited;
  }
  async restart(): Promise<void> {
    await this.stop();
    this.process = new FakeProcess(this.process.tty, this.process.openStdin);
    await this.start();
  }
  async kill(signal = 'KILL'): Promise<void> {
    if (!this.process.running)
      throw conflict(`cannot kill container: ${this.container.id}: container ${this.container.id} is not running`);
    this.process.signal(`SIG${signal.replace(/^SIG/, '')}` as NodeJS.Signals);
  }
  async pause(): Promise<void> {
    if (this.#status !== 'running') throw conflict(`container ${this.container.id} is not running`);
    this.#status = 'paused';
  }
  async unpause(): Promise<void> {
    if (this.#status !== 'paused') throw conflict(`Container ${this.container.id} is not paused`);
    this.#status = 'running';
  }
  rename(name: string): void {
    if (!/^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/.test(name)) throw badParameter(`Invalid container name (${name})`);
    this.container.name = name;
  }
  async update(changes: Partial<HostConfig>): Promise<string[]> {
    Object.assign(this.container.request.HostConfig, changes);
    return [];
  }
  async remove({ force }: { force: boolean }): Promise<void> {
    if (this.process.running && !force)
      throw conflict(
        `cannot remove container "/${this.container.name}": container is running: stop the container before removing or force remove`,
      );
    if (this.process.running) await this.stop();
    this.engine.map.delete(this.container.id);
    this.emit('destroy');
    for (const tell of this.#removals) tell();
  }
  wait(condition: 'not-running' | 'next-exit' | 'removed'): Promise<{ StatusCode: number; Error: null }> {
    const answer = () => ({ StatusCode: this.#exitCode, Error: null });
    if (condition === 'not-running' && !this.process.running) return Promise.resolve(answer());
    return new Promise((resolve) =>
      (condition === 'removed' ? this.#removals : this.#exits).add(() => resolve(answer())),
    );
  }
  attach = (client: Duplex, options: AttachOptions) => this.process.attach(client, options);
  async resize(height: number, width: number): Promise<void> {
    if (!this.process.running) throw conflict(`container ${this.container.id} is not running`);
    this.process.sizes.push([height, width]);
  }
  execsWritten = () => [];
  async *written(): AsyncGenerator<{ stream: 1 | 2; ns: bigint; data: Buffer }[]> {
    yield this.process.output.map(({ stream, time, data }) => ({ stream, ns: BigInt(Math.round(time * 1e6)), data }));
  }
  logs(options: LogOptions): Readable {
    const count = this.process.output.length;
    let seen = 0;
    return this.process.follow((output: Output) => {
      seen += 1;
      if (options.tail !== undefined && seen <= count - options.tail) return [];
      if (!(output.stream === 1 ? options.stdout : options.stderr) || output.time < Number(options.since ?? 0) / 1e6)
        return [];
      return [
        options.timestamps
          ? {
              ...output,
              data: Buffer.from(`${new Date(output.time).toISOString().replace('Z', '000000Z')} ${output.data}`),
            }
          : output,
      ];
    }, options.follow);
  }
  top = async () => {
    if (!this.process.running) throw conflict(`container ${this.container.id} is not running`);
    return { Titles: ['PID', 'CMD'], Processes: [[String(this.process.pid), 'sleep 100']] };
  };
  stats = async () => ({
    cgroup: {
      cpu: { total: process.hrtime()[0] * 1e9, user: 1, system: 1, periods: 0, throttledPeriods: 0, throttledTime: 0 },
      memory: { usage: 5_000_000, limit: 64_000_000, stats: { total_inactive_file: 1_000_000 } },
      pids: { current: 3, limit: 0 },
      io: [{ major: 8, minor: 0, op: 'Read' as const, bytes: 2000, operations: 1 }],
    },
    networks: { eth0: { rx_bytes: 1000, tx_bytes: 2000 } },
  });
  async exec(config: ExecConfig): Promise<FakeExec> {
    if (!this.process.running) throw conflict(`container ${this.container.id} is not running`);
    const exec = new FakeExec(this, config);
    this.execs.push(exec);
    return exec;
  }
  async *changes() {
    yield [{ Path: '/b', Kind: 1 as const }];
  }
  setProgram(): never {
    throw new Error('a fake container has no program');
  }
  layerFile(): never {
    throw new Error('a fake container has no layer');
  }
  async *exported() {
    yield Buffer.from('an archive');
  }
  archive = (ref: string): ArchiveHandle => {
    const missing = () => Promise.reject(notFound(`Could not find the file in container ${ref}`));
    return { stat: missing, read: missing, write: missing };
  };
  sizeRw = async () => 1234;
  readonly checkpoints: ContainerHandle['checkpoints'] = {
    create: () => Promise.reject(new Error('the fake container makes no checkpoints')),
    list: async () => [],
    remove: () => Promise.reject(new Error('the fake container has no checkpoints')),
  };
  readonly networks: ContainerHandle['networks'] = {
    connect: () => Promise.reject(new Error('the fake container connects to nothing')),
    disconnect: () => Promise.reject(new Error('the fake container is on no network')),
    removeLink: () => Promise.reject(new Error('the fake container has no links')),
  };
  async *happening(signal: AbortSignal): AsyncIterable<readonly Event[]> {
    for await (const event of this.journal(true, signal)) yield [event];
  }
  async *journal(follow: boolean, signal?: AbortSignal): AsyncIterable<Event> {
    yield { type: 'note', text: 'first', seq: 0, time: 1, run: 1 };
    if (follow) await new Promise((resolve) => signal?.addEventListener('abort', resolve));
  }
  gate(command: GateCommand): void {
    if (command.command === 'into') throw conflict('nothing is paused');
    if (command.command === 'clear') throw notFound('no such breakpoint');
    this.gates.push(command);
  }
  watch = () => undefined;
  inspectLive = async (step?: string) => [{ title: step ?? 'namespaces', lines: ['pid:[1] pid:[2]'] }];
}
