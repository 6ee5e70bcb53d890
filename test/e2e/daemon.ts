/**
 * The built daemon with its own data root, bridge and cgroup parent; its clients; and the ways to end it: signal,
 * shutdown request, SIGKILL.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { basename, join, resolve } from 'node:path';
import { NODE_FLAGS } from '../../runtime/cli/client/autostart.ts';
import { begin, run, type Ran, type RunOptions, type Running } from './ran.ts';
import { until } from '../until.ts';

export const drydock = resolve(process.env['DRYDOCK_CLI'] ?? 'dist/drydock.js');
export interface Answer {
  status: number;
  body: string;
}
export type Client = 'drydock' | 'docker';
export const clients: readonly Client[] = ['drydock', 'docker'];

export class Daemon {
  readonly root = mkdtempSync('/dev/shm/dde-');
  readonly name = basename(this.root).replace('-', '');
  readonly execRoot = `/tmp/${this.name}`;
  readonly socket = join(this.execRoot, 'drydock.sock');
  readonly cgroupParent = `/${this.name}`;
  readonly bridge = this.name;
  readonly log = join(this.root, 'daemon.log');
  readonly env: Record<string, string> = {
    DRYDOCK_HOST: `unix://${this.socket}`,
    DOCKER_HOST: `unix://${this.socket}`,
    DOCKER_CONFIG: join(this.root, 'docker'),
    HOME: this.root,
    NO_COLOR: '1',
    // the machine's proxy settings must not apply
    ...Object.fromEntries(
      ['HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY'].flatMap((n) => [n, n.toLowerCase()]).map((n) => [n, '']),
    ),
    DRYDOCK_ROOT: this.root,
    DRYDOCK_EXEC_ROOT: this.execRoot,
    DRYDOCK_BRIDGE: this.bridge,
    DRYDOCK_CGROUP_PARENT: this.cgroupParent,
  };
  #process: ChildProcess | undefined;

  /**
   * `node`: flags for Node, by default those of the product. `program`: the Node binary. `script`: the built Drydock to
   * run.
   */
  constructor(
    readonly flags: readonly string[] = [],
    readonly node: readonly string[] = NODE_FLAGS,
    readonly program = process.execPath,
    readonly script = drydock,
  ) {
    mkdirSync(join(this.root, 'docker'));
  }

  get pid(): number | undefined {
    return this.#process?.pid;
  }

  /** Resolves when the daemon answers on its socket. */
  async start(...flags: string[]): Promise<this> {
    const fd = openSync(this.log, 'a');
    const child = spawn(this.program, [...this.node, this.script, 'daemon', '--idle', '0', ...this.flags, ...flags], {
      env: { ...process.env, ...this.env },
      stdio: ['ignore', fd, fd],
    });
    closeSync(fd);
    this.#process = child;
    await until('the daemon answers', async () => {
      if (child.exitCode !== null || child.signalCode)
        throw new Error(
          `the daemon ended (${child.exitCode ?? child.signalCode}):\n${readFileSync(this.log, 'utf8').slice(-2000)}`,
        );
      return (await this.api('GET', '/_ping').catch(() => undefined))?.status === 200;
    });
    return this;
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#process;
    this.#process = undefined;
    if (!child) return;
    if (child.exitCode !== null || child.signalCode)
      return console.log(
        `the daemon had ended by itself (${child.exitCode ?? child.signalCode}):\n${readFileSync(this.log, 'utf8').slice(-4000)}`,
      );
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill(signal);
    await gone;
  }
  stop(): Promise<void> {
    return this.#end('SIGTERM');
  }
  kill9(): Promise<void> {
    return this.#end('SIGKILL');
  }

  /**
   * For tests that kill the daemon from outside: ends the daemon that was started instead, and starts its own again.
   */
  async takeBack(): Promise<void> {
    const child = this.#process;
    if (child && child.exitCode === null && !child.signalCode) return;
    await until('the other daemon has ended, and its own runs', async () => {
      // The other daemon may not listen yet, or have no data root yet.
      await this.api('POST', '/drydock/shutdown').catch(() => undefined);
      if (alive(Number(readFileSync(join(this.root, 'daemon.pid'), 'utf8')))) return false;
      return this.start().catch((error: Error) => {
        if (!error.message.includes('already serves')) throw error;
        return undefined;
      });
    });
  }

  cli(...args: string[]): Promise<Ran> {
    return this.client('drydock', args);
  }
  docker(...args: string[]): Promise<Ran> {
    return this.client('docker', args);
  }
  client(client: Client, args: readonly string[], options: RunOptions = {}): Promise<Ran> {
    return run(...this.#command(client, args), { ...options, env: { ...this.env, ...options.env } });
  }
  begin(client: Client, ...args: string[]): Running {
    return begin(...this.#command(client, args), { env: this.env });
  }
  #command(client: Client, args: readonly string[]): [string, string[]] {
    return [client === 'docker' ? 'docker' : drydock, [...args]];
  }
  /** The client's command line with its environment, for typing into a terminal. */
  commandLine(client: Client): string {
    return client === 'docker' ? 'docker' : drydock;
  }

  /** stdout without the final newline; throws if the command failed. */
  ok(...args: string[]): Promise<string> {
    return this.#good('drydock', args);
  }
  /** The same with docker's client. */
  dockerOk(...args: string[]): Promise<string> {
    return this.#good('docker', args);
  }
  /** The error text of docker's client, which must fail. */
  async dockerRefused(...args: string[]): Promise<string> {
    const { code, out, err } = await this.docker(...args);
    if (code === 0) throw new Error(`docker ${args.join(' ')} should have been refused: ${out}`);
    return err;
  }
  async #good(client: Client, args: readonly string[]): Promise<string> {
    const { code, out, err } = await this.client(client, args);
    if (code !== 0) throw new Error(`${client} ${args.join(' ')}: code ${code}\n${err}${out}`);
    return out.trimEnd();
  }

  api(method: string, path: string, body?: unknown): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const text = body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body);
      const req = request(
        {
          socketPath: this.socket,
          method,
          path,
          agent: false,
          headers: text === undefined ? {} : { 'Content-Type': 'application/json' },
        },
        (res) => {
          let answer = '';
          res.on('data', (data) => (answer += data));
          res.on('end', () => resolve({ status: res.statusCode ?? 0, body: answer }));
          res.on('error', reject);
        },
      );
      req.on('error', reject);
      req.end(text);
    });
  }
  async json<T>(path: string): Promise<T> {
    const { status, body } = await this.api('GET', path);
    if (status !== 200) throw new Error(`GET ${path}: ${status} ${body}`);
    return JSON.parse(body) as T;
  }

  async removeAll(): Promise<void> {
    for (const { Id } of await this.json<{ Id: string }[]>('/containers/json?all=1'))
      await this.api('DELETE', `/containers/${Id}?force=1`);
  }

  /** Called at a test's end, also after a failure. The namespaces end with the test, and with them the rest. */
  async close(): Promise<void> {
    const containers = join(this.root, 'containers');
    // A test that failed between two daemons has left containers: start a daemon to remove them.
    if (!this.#process && existsSync(containers) && readdirSync(containers).length)
      await this.start().catch(() => undefined);
    if (this.#process) await this.removeAll().catch(() => undefined);
    await this.stop();
    for (const dir of [this.root, this.execRoot]) rmSync(dir, { recursive: true, force: true });
  }
}

/** True if the process runs; a zombie does not. */
export function alive(pid: number): boolean {
  try {
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}
