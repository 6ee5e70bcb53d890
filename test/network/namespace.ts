/**
 * Tests that change the network run in a new network namespace, which stands for the host; containers are stages in
 * further namespaces.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { AF, CLONE, SOCK } from '../../runtime/syscalls/constants.ts';
import type { Kernel } from '../../runtime/kernel/kernel.ts';
import { LinuxKernel } from '../../runtime/kernel/linux/linux.ts';
import { addon, executablePath } from '../../runtime/syscalls/native.ts';
import type { Container } from '../../runtime/container/container.ts';
import type { HostConfig } from '../../runtime/request/container-request.ts';
import type { Settings } from '../../runtime/data-root/settings.ts';
import type { Endpoint } from '../../runtime/network/endpoint.ts';
import { endpointsOf, namesAsked } from '../../runtime/network/request/endpoints.ts';
import { sh } from '../harness.ts';

const INSIDE = 'DRYDOCK_TEST_NETNS';

/**
 * Runs this test file again under unshare(1) and exits with its status; returns only inside. Without root the suite
 * skips itself.
 */
export function ownNamespace(): void {
  if (process.env[INSIDE] || process.getuid?.() !== 0) return;
  const { status } = spawnSync(
    'unshare',
    ['-n', '--', process.execPath, ...process.execArgv, ...process.argv.slice(1)],
    { stdio: 'inherit', env: { ...process.env, [INSIDE]: '1' } },
  );
  process.exit(status ?? 1);
}

export const temporaryRoot = (): string => mkdtempSync('/tmp/ddtest-net-');
export const settingsFor = (root: string, more: Partial<Settings> = {}): Settings => ({
  root,
  execRoot: root,
  listen: [{ unix: `${root}/s` }],
  bridge: 'ddtest0',
  cgroupParent: '/ddtest',
  registryMirrors: [],
  insecureRegistries: [],
  practice: false,
  dns: [],
  idle: 0,
  ...more,
});

export interface FakeContainer {
  id: string;
  settings: Settings;
  HostConfig?: HostConfig;
  endpoint?: Partial<Endpoint>;
  other?: (ref: string) => Container;
}

/** The part of a container that the network phase needs. */
export function containerFor({
  id,
  settings,
  HostConfig = {},
  endpoint = {},
  other = () => {
    throw new Error('no other container');
  },
}: FakeContainer): Container {
  const request = { Image: 'x', HostConfig };
  const file = (name: string) => `${settings.root}/${id.slice(0, 12)}.${name}`;
  return {
    id,
    name: `c${id.slice(0, 4)}`,
    settings,
    request,
    live: {},
    warnings: [],
    other,
    spec: { hostname: id.slice(0, 12) },
    paths: { hosts: file('hosts'), hostname: file('hostname'), resolvConf: file('resolv.conf'), runDir: file('run') },
    names: namesAsked(request),
    endpoints: endpointsOf(request, id, settings, (ref) => ({ ...other(ref), hostname: ref })).map((one) => ({
      ...one,
      ...endpoint,
    })),
  } as unknown as Container;
}

export interface Stage {
  k: Kernel;
  pid: number;
  in(command: string, ...args: string[]): string;
  end(): Promise<void>;
}

/** A real stage in a network namespace of its own, and the kernel object to control it. */
export async function stageFor(c: Container, kernel: Kernel = new LinuxKernel()): Promise<Stage> {
  const pair = await kernel.daemon.socketpair(AF.AF_UNIX, SOCK.SOCK_SEQPACKET | SOCK.SOCK_CLOEXEC, 0, 8);
  const [ours, theirs] = [pair.readInt32LE(0), pair.readInt32LE(4)];
  const pid = addon().spawn(executablePath('stage'), ['stage'], [0, 1, 2, theirs]);
  await kernel.daemon.close(theirs);
  kernel.connect('stage', ours);
  await kernel.stage.unshare(CLONE.CLONE_NEWNET);
  c.live = { pid, pidfd: await kernel.daemon.pidfd_open(pid, 0), stageSocket: ours };
  return {
    k: kernel,
    pid,
    in: (command, ...args) => sh('nsenter', '-n', '-t', String(pid), command, ...args),
    end: async () => {
      await kernel.daemon.close(ours);
      // P_PIDFD, WEXITED: the stage ends by itself when its socket is closed.
      await kernel.daemon.waitid(3, c.live.pidfd!, 128, 4);
      await kernel.daemon.close(c.live.pidfd!);
    },
  };
}

export const removeRoot = (root: string): void => rmSync(root, { recursive: true, force: true });
export const idOf = (n: number): string => n.toString(16).padStart(4, '0').padEnd(64, 'c');
