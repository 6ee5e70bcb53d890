/** Other runtimes, if installed. Each is started and ended by the bench and has its own data root. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { sh } from '../harness.ts';
import { run, type Ran } from '../e2e/ran.ts';
import { until } from '../until.ts';

export const installed = (program: string): boolean =>
  (process.env['PATH'] ?? '').split(':').some((dir) => existsSync(join(dir, program)));
export const version = (program: string): string => sh(program, '--version').split('\n')[0]!;

/** dockerd on its own socket, in the bench's network namespace: its bridge and rules disappear with the namespace. */
export class Dockerd {
  readonly root = mkdtempSync('/dev/shm/ddb-docker-');
  readonly env = { DOCKER_HOST: `unix://${this.root}/docker.sock`, DOCKER_CONFIG: join(this.root, 'client') };
  #process: ChildProcess | undefined;

  async start(mirror: string): Promise<this> {
    mkdirSync(this.env.DOCKER_CONFIG);
    const log = openSync(join(this.root, 'log'), 'a');
    this.#process = spawn(
      'dockerd',
      [
        '--data-root',
        join(this.root, 'data'),
        '--exec-root',
        join(this.root, 'exec'),
        '--pidfile',
        join(this.root, 'pid'),
        '--host',
        this.env.DOCKER_HOST,
        '--registry-mirror',
        mirror,
        '--storage-driver',
        'overlay2',
        '--cgroup-parent',
        '/ddb-docker',
        ...(installed('iptables') ? [] : ['--iptables=false']),
      ],
      { stdio: ['ignore', log, log] },
    );
    await until(
      `dockerd answers; see ${this.root}/log`,
      async () => {
        if (this.#process?.exitCode !== null)
          throw new Error(`dockerd ended:\n${readFileSync(join(this.root, 'log'), 'utf8').slice(-1500)}`);
        return (await this.docker('version')).code === 0;
      },
      30,
    );
    return this;
  }
  docker(...args: string[]): Promise<Ran> {
    return run('docker', args, { env: this.env });
  }
  async stop(): Promise<void> {
    const ended = new Promise((resolve) => this.#process?.once('exit', resolve));
    this.#process?.kill('SIGTERM');
    await ended;
    rmSync(this.root, { recursive: true, force: true });
    // dockerd does not remove its parent cgroup.
    sh('sh', '-c', 'find /sys/fs/cgroup -depth -type d -path "*/ddb-docker*" -exec rmdir {} + 2>/dev/null || true');
  }
}

/** podman with its own data root. Networks that it cannot make here are skipped and reported. */
export class Podman {
  readonly root = mkdtempSync('/dev/shm/ddb-podman-');
  readonly #networks = new Set<string>();

  async start(host: string): Promise<this> {
    const { code, err } = await this.#podman('pull', '-q', '--tls-verify=false', `${host}/library/ubuntu`);
    if (code !== 0) console.error(`podman is left out, it does not pull here: ${err.trim()}`);
    else await this.#podman('tag', `${host}/library/ubuntu`, 'ubuntu');
    for (const network of code === 0 ? ['bridge', 'none'] : []) {
      const ran = await this.run(network);
      if (ran.code === 0) this.#networks.add(network);
      else console.error(`podman is left out with network ${network}, it does not run here: ${ran.err.trim()}`);
    }
    return this;
  }
  #podman(...args: string[]): Promise<Ran> {
    return run('podman', [
      '--root',
      join(this.root, 'root'),
      '--runroot',
      join(this.root, 'run'),
      '--tmpdir',
      join(this.root, 'tmp'),
      '--storage-driver',
      'overlay',
      '--cgroup-manager',
      'cgroupfs',
      ...(installed('runc') ? ['--runtime', 'runc'] : []),
      '--events-backend',
      'none',
      ...args,
    ]);
  }
  can(network: string): boolean {
    return this.#networks.has(network);
  }
  run(network: string): Promise<Ran> {
    return this.#podman(
      'run',
      '--rm',
      '--pull',
      'never',
      '--network',
      network,
      '--cgroup-parent',
      '/ddb-podman',
      'localhost/ubuntu',
      'true',
    );
  }
  async stop(): Promise<void> {
    await this.#podman('rmi', '-af');
    sh(
      'sh',
      '-c',
      `umount -l ${this.root}/root/overlay 2>/dev/null; rm -rf ${this.root}; find /sys/fs/cgroup -depth -type d -path "*/ddb-podman*" -exec rmdir {} + 2>/dev/null || true`,
    );
  }
}

/** A bundle for runc and crun with the files of an unpacked image, without network and overlay. */
export class Bundle {
  readonly root = mkdtempSync('/dev/shm/ddb-bundle-');
  #count = 0;
  constructor(rootfs: string) {
    sh('runc', 'spec', '--bundle', this.root);
    const path = join(this.root, 'config.json');
    const spec = JSON.parse(readFileSync(path, 'utf8')) as {
      process: { args: string[]; terminal: boolean };
      root: object;
    };
    Object.assign(spec.process, { args: ['true'], terminal: false });
    Object.assign(spec, { root: { path: rootfs, readonly: true } });
    writeFileSync(path, JSON.stringify(spec));
  }
  run(runtime: 'runc' | 'crun'): Promise<Ran> {
    return run(runtime, [
      '--root',
      join(this.root, 'state'),
      'run',
      '--bundle',
      this.root,
      `ddb-${process.pid}-${this.#count++}`,
    ]);
  }
  close(): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}
