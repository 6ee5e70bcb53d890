/** The operations that contain the steps: their preconditions, and the request that performs them. */
import { mkdirSync } from 'node:fs';
import * as assert from 'uvu/assert';
import { makeBundle } from '../bundle.ts';
import type { Answer, Daemon } from '../daemon.ts';
import { until } from '../../until.ts';
import { importFiles } from '../import-files.ts';

export interface Way {
  name: string;
  /** ids of the phases of the operation */
  phases: readonly string[];
  /** establishes the preconditions; returns the container's id */
  bring(d: Daemon, step: string): Promise<string>;
  act(d: Daemon, id: string, at?: string): Promise<Answer>;
}

export const stateOf = async (d: Daemon, id: string) =>
  (await d.json<{ State: { Status: string; ExitCode: number } }>(`/containers/${id}/json`)).State;

async function create(d: Daemon, request: object): Promise<string> {
  const { status, body } = await d.api('POST', '/containers/create?pull=missing', request);
  assert.is(status, 201, body);
  return (JSON.parse(body) as { Id: string }).Id;
}
async function createFromBundle(d: Daemon, change: Parameters<typeof makeBundle>[0]): Promise<string> {
  const { status, body } = await d.api('POST', '/drydock/containers', { bundle: makeBundle(change) });
  assert.is(status, 201, body);
  return (JSON.parse(body) as { Id: string }).Id;
}
async function forgetImage(d: Daemon): Promise<void> {
  const { status, body } = await d.api('DELETE', '/images/tiny?force=1');
  assert.ok(status === 200 || status === 404, body);
}
async function good(what: Promise<Answer>): Promise<Answer> {
  const answer = await what;
  assert.ok(answer.status < 300, answer.body);
  return answer;
}
const start = (d: Daemon, id: string, at?: string) =>
  d.api('POST', `/drydock/containers/${id}/start${at ? `?break=${encodeURIComponent(at)}` : ''}`);
/** For operations other than starts: the breakpoint is set before the request. */
async function held(
  d: Daemon,
  id: string,
  at: string | undefined,
  method: string,
  path: string,
  body?: object,
): Promise<Answer> {
  if (at) await good(d.api('POST', `/drydock/containers/${id}/gate`, { command: 'break', at }));
  return d.api(method, path, body);
}
async function running(d: Daemon, more: object = {}): Promise<string> {
  const id = await create(d, { Image: 'tiny', Cmd: ['sleep', '1000'], ...more });
  await good(start(d, id));
  return id;
}

/** Another image than that of the container, which some places remove. */
const shown = { Type: 'image', Source: 'shown', Target: '/shown', ImageOptions: { Subpath: 'in' } };

/** Together, the first of these perform every step from pull to exit, but those of bundles. */
const starts: Record<string, (d: Daemon) => object> = {
  terminal: (d) => {
    mkdirSync(`${d.root}/bound`, { recursive: true });
    const HostConfig = {
      Binds: [`${d.root}/bound:/in`, `${d.root}/bound:/dev/late`],
      Tmpfs: { '/scratch': '' },
      ReadonlyRootfs: true,
      Sysctls: { 'kernel.msgmax': '4096' },
      Annotations: { 'drydock.time-offset': 'boottime=86400' },
      Ulimits: [{ Name: 'nofile', Soft: 64, Hard: 128 }],
      SecurityOpt: ['no-new-privileges'],
      UsernsMode: 'private',
      CgroupnsMode: 'private',
      Memory: 64 << 20,
      Mounts: [shown],
    };
    return { Image: 'tiny', Cmd: ['true'], Tty: true, WorkingDir: '/made/for/it', HostConfig };
  },
  published: () => ({
    Image: 'tiny',
    Cmd: ['true'],
    HostConfig: {
      PortBindings: { '80/tcp': [{ HostPort: '18080' }], '53/udp': [{ HostIp: '127.0.0.1', HostPort: '' }] },
    },
  }),
  named: () => ({
    Image: 'tiny',
    Cmd: ['true'],
    HostConfig: { NetworkMode: 'named', Mounts: [{ Type: 'volume', Source: 'mounted', Target: '/data' }] },
    NetworkingConfig: {
      EndpointsConfig: {
        named: { DriverOpts: { 'com.docker.network.endpoint.sysctls': 'net.ipv4.conf.IFNAME.log_martians=1' } },
      },
    },
  }),
  shared: () => ({
    Image: 'tiny',
    Cmd: ['true'],
    HostConfig: { NetworkMode: 'container:neighbour', PidMode: 'container:neighbour' },
  }),
  broken: () => ({
    Image: 'tiny',
    Cmd: ['true'],
    HostConfig: {
      NetworkMode: 'none',
      Annotations: { 'drydock.leave-out': 'pivot-root,cgroup', 'drydock.unsafe': 'true' },
    },
  }),
  plain: () => ({ Image: 'tiny', Cmd: ['true'], OpenStdin: true }),
};

async function exec(d: Daemon, id: string, at: string | undefined, config: object): Promise<Answer> {
  if (at) await good(d.api('POST', `/drydock/containers/${id}/gate`, { command: 'break', at }));
  const made = await good(d.api('POST', `/containers/${id}/exec`, { Cmd: ['sleep', '1000'], ...config }));
  return d.api('POST', `/exec/${(JSON.parse(made.body) as { Id: string }).Id}/start`, { Detach: true });
}

export const ways: readonly Way[] = [
  ...Object.entries(starts).map(([name, request]): Way => ({
    name,
    phases: ['pull', 'create', 'rw-layer', 'network', 'init', 'exit'],
    bring: async (d, step) => {
      if (step.startsWith('pull.')) await forgetImage(d);
      return create(d, request(d));
    },
    act: start,
  })),
  {
    name: 'bundle',
    phases: ['create', 'rw-layer', 'network', 'init', 'exit'],
    bring: (d) =>
      createFromBundle(d, (config) => {
        config.hostname = 'bundled';
        config.mounts!.push({ destination: '/scratch', type: 'tmpfs', source: 'tmpfs', options: [] });
      }),
    act: start,
  },
  {
    name: 'remove',
    phases: ['remove'],
    bring: async (d) => {
      const id = await create(d, { Image: 'tiny', Cmd: ['true'], HostConfig: { Mounts: [shown] } });
      await good(start(d, id));
      await until('it ends', async () => (await stateOf(d, id)).Status === 'exited');
      return id;
    },
    act: (d, id, at) => held(d, id, at, 'DELETE', `/containers/${id}`),
  },
  {
    name: 'pause',
    phases: ['pause'],
    bring: (d) => running(d),
    act: (d, id, at) => held(d, id, at, 'POST', `/containers/${id}/pause`),
  },
  {
    name: 'unpause',
    phases: ['unpause'],
    bring: async (d) => {
      const id = await running(d);
      await good(d.api('POST', `/containers/${id}/pause`));
      return id;
    },
    act: (d, id, at) => held(d, id, at, 'POST', `/containers/${id}/unpause`),
  },
  { name: 'exec', phases: ['exec'], bring: (d) => running(d), act: (d, id, at) => exec(d, id, at, {}) },
  {
    name: 'exec -t',
    phases: ['exec'],
    bring: (d) => running(d, { HostConfig: { UsernsMode: 'private' } }),
    act: (d, id, at) => exec(d, id, at, { Tty: true, User: '7:8', AttachStdin: true }),
  },
];

/**
 * Makes what the ways share: the network and the volume of `named`, with what a first start on the network makes, and
 * the image that is mounted.
 */
export async function prepareWays(d: Daemon): Promise<void> {
  await importFiles(d, 'shown', [{ name: 'in/', type: '5' }, { name: 'in/file' }]);
  await d.dockerOk('network', 'create', 'named');
  await d.dockerOk('volume', 'create', '-o', 'type=tmpfs', '-o', 'device=tmpfs', '-o', 'o=size=1m', 'mounted');
  await d.dockerOk('run', '--rm', '--network', 'named', 'tiny', 'true');
}
