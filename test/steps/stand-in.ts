/** A container for the recording kernel: the real spec of a request, on a machine in memory. */
import * as assert from 'uvu/assert';
import type { Image } from '../../runtime/image/manifest/image.ts';
import { openCgroup } from '../../runtime/kernel/cgroup/open.ts';
import type { Hierarchies } from '../../runtime/kernel/cgroup/hierarchies.ts';
import type { Kernel } from '../../runtime/kernel/kernel.ts';
import { recordingKernel, type RecordingKernel } from '../../runtime/kernel/recording.ts';
import type { Container } from '../../runtime/container/container.ts';
import { containerPaths } from '../../runtime/container/paths.ts';
import type { ContainerRequest, HostConfig } from '../../runtime/request/container-request.ts';
import type { Settings } from '../../runtime/data-root/settings.ts';
import { logOf } from '../../runtime/drivers/log.ts';
import { endpointsOf, namesAsked } from '../../runtime/network/request/endpoints.ts';
import { buildSpec } from '../../runtime/container/bundle.ts';
import { newPull } from '../../runtime/image/pull.ts';
import { overlay2 } from '../../runtime/storage/overlay2/driver.ts';
import type { Phase, Step } from '../../runtime/container/step.ts';
import { addDeclared, mountPointsOf } from '../../runtime/container/mount-points.ts';
import { fakeVolumes } from './fake-volumes.ts';
import { fakeMachine, noteFailedClose, type FakeMachine } from './fake-machine.ts';

export const settings: Settings = {
  root: '/lib/dd',
  execRoot: '/run/dd',
  listen: [{ unix: '/run/dd/s' }],
  bridge: 'ddtest0',
  cgroupParent: '/ddtest',
  registryMirrors: [],
  insecureRegistries: [],
  practice: false,
  dns: [],
  idle: 0,
};
export const idOf = (n: number): string => n.toString(16).padStart(4, '0').padEnd(64, 'd');

const v1 = (...names: string[]): Hierarchies => ({
  version: 1,
  v1: names.map((name) => ({ mount: `/cg/${name}`, controllers: name.split(',') })),
});
export const layouts = {
  v1: v1('cpu,cpuacct', 'cpuset', 'memory', 'devices', 'freezer', 'pids'),
  v2: { version: 2, v1: [], unified: '/cg' } as Hierarchies,
};

const layer = (n: number) => ({
  diffID: `sha256:${n}`,
  chainID: `sha256:${n}`,
  dir: `/lib/dd/layers/${n}`,
  short: `/lib/dd/l/${n}`,
  size: 1,
});
export const image = (config: Image['config']['config'] = {}): Image => ({
  id: 'sha256:1',
  config: {
    architecture: 'amd64',
    os: 'linux',
    rootfs: { type: 'layers', diff_ids: [] },
    config: { Cmd: ['/bin/sh'], Env: ['PATH=/usr/bin:/bin'], ...config },
  },
  layers: [layer(1), layer(2), layer(3)],
  tags: ['x:latest'],
  digests: [],
  size: 3,
  practice: false,
});

/** The jobs of volumes, which have their own tests. */
const jobs = { 'volume-copy-up': async () => ({ entries: 1 }), 'volume-finish-copy': async () => undefined };

export interface StandIn {
  id?: string;
  host?: HostConfig;
  config?: Partial<ContainerRequest>;
  image?: Image['config']['config'];
  cgroups?: keyof typeof layouts;
  fail?: { at: number | string; errno: string };
  other?: (ref: string) => Container;
  /** names of the volumes that exist; absent: all that the container has */
  volumes?: string[];
}
export interface Standing {
  k: RecordingKernel;
  c: Container;
  machine: FakeMachine;
  again(fail?: StandIn['fail']): RecordingKernel;
}

export function standIn(wanted: StandIn = {}): Standing {
  const {
    id = idOf(1),
    host = {},
    cgroups = 'v1',
    other = () => {
      throw new Error('there is no other container');
    },
  } = wanted;
  const request: ContainerRequest = { Image: 'x', ...wanted.config, HostConfig: { NetworkMode: 'none', ...host } };
  const paths = containerPaths(settings, id);
  const endpoints = endpointsOf(request, id, settings, (ref) => ({ ...other(ref), hostname: ref }));
  const machine = fakeMachine([
    '/run/dd',
    paths.dir,
    ...layouts[cgroups].v1.map((h) => h.mount),
    ...(cgroups === 'v2' ? ['/cg'] : []),
  ]);
  machine.image.contents = {
    '/etc/passwd': 'root:x:0:0:root:/root:/bin/sh\nwww:x:33:33:www:/var/www:/bin/false\n',
    '/etc/group': 'root:x:0:\nwww:x:33:\nlog:x:4:www\n',
  };
  machine.image.plain = new Set([
    '/bin/sh',
    '/usr/bin/sh',
    '/proc/kcore',
    '/proc/keys',
    '/proc/timer_list',
    '/proc/sysrq-trigger',
    paths.hosts,
    paths.hostname,
    paths.resolvConf,
  ]);
  const shown = image(wanted.image);
  const mounts = mountPointsOf(id, request, other);
  addDeclared(mounts, id, request, shown);
  const c = {
    id,
    name: 'stand_in',
    settings,
    request,
    paths,
    endpoints,
    names: namesAsked(request),
    stdin: request.OpenStdin ?? false,
    storage: overlay2,
    executor: 'stage',
    log: logOf(host.LogConfig, paths.log),
    image: shown,
    warnings: [],
    live: {},
    other,
    cgroup: openCgroup(`/ddtest/${id}`, layouts[cgroups]),
    pull: newPull('x', 'missing'),
    mounts,
    volumes: fakeVolumes(settings.root, wanted.volumes ?? mounts.map(({ name }) => name)),
    takesVolumes: false,
    spec: buildSpec({ id, request, endpoints, mounts, paths, settings }, shown),
  } as unknown as Container;
  const again = (fail?: StandIn['fail']) => recordingKernel({ answers: machine.answers, jobs, ...(fail && { fail }) });
  return { k: again(wanted.fail), c, machine, again };
}

export const applicable = <C>(phases: readonly Phase<C>[], c: C): Step<C>[] =>
  phases.flatMap((p) => p.steps).filter((step) => step.when?.(c) ?? true);

/** Runs the phases and returns the calls of each step. */
export async function runSteps<C>(k: RecordingKernel, c: C, ...phases: Phase<C>[]): Promise<Record<string, string[]>> {
  const made: Record<string, string[]> = {};
  // In order, because `when` of a step may depend on the step before.
  for (const step of phases.flatMap((p) => p.steps)) {
    if (step.when && !step.when(c)) continue;
    const from = k.calls.length;
    await step.do(k, c);
    made[step.id] = k.calls.slice(from);
  }
  return made;
}

export async function undoSteps<C>(k: Kernel, c: C, ...phases: Phase<C>[]): Promise<void> {
  for (const step of phases.flatMap((p) => p.steps).reverse()) await step.undo?.(k, c);
}

/** Asserts that only the container's own directories are left, which rm removes, and the parent cgroup. */
export function assertNothingLeft(
  { machine, c }: { machine: FakeMachine; c: { paths: Container['paths'] } },
  what: string,
): void {
  assert.equal([...machine.open.values()], [], `descriptors of the daemon after ${what}`);
  assert.equal(machine.closedTwice, [], `descriptors closed twice after ${what}`);
  assert.equal(
    machine.shims.filter((s) => s.alive || !s.reaped),
    [],
    `shims after ${what}`,
  );
  const allowed = (path: string) => path.startsWith(`${c.paths.dir}/`) || /^\/cg(\/[a-z,]+)?\/ddtest$/.test(path);
  const start = new Set(['/run', '/run/dd', '/lib', '/lib/dd', '/lib/dd/containers', c.paths.dir, '/cg']);
  const left = [...machine.files.keys()].filter(
    (path) => !start.has(path) && !/^\/cg\/[a-z,]+$/.test(path) && !allowed(path),
  );
  assert.equal(left, [], `files and cgroups after ${what}`);
}

/**
 * Runs `before`, then `phases` with the n-th of their calls failing, for every n; undoes everything and checks the
 * rest. Returns the number of calls that failed.
 */
export async function failEachCall(
  wanted: StandIn,
  before: Phase<Container>[],
  phases: Phase<Container>[],
  errno = 'EIO',
): Promise<number> {
  const whole = standIn(wanted);
  await runSteps(whole.k, whole.c, ...before);
  const from = whole.k.raw.length;
  await runSteps(whole.k, whole.c, ...phases);
  for (let at = from; at < whole.k.raw.length; at++) {
    const one = standIn({ ...wanted, fail: { at, errno } });
    const error = await runSteps(one.k, one.c, ...before, ...phases).then(
      () => undefined,
      (e: unknown) => e,
    );
    const what = `${one.k.calls[at]} failed (call ${at - from})`;
    // A tolerated failure would be visible in the later calls.
    if (!error) throw new Error(`${what} and nobody noticed`);
    noteFailedClose(one.machine, one.k, at);
    await undoSteps(one.k, one.c, ...before, ...phases);
    assertNothingLeft(one, what);
    await undoSteps(one.again(), one.c, ...before, ...phases);
    assertNothingLeft(one, `${what}, undone twice`);
  }
  return whole.k.raw.length - from;
}
