import { makePath } from '../../../kernel/mount/in-root.ts';
import type { Place } from '../../../kernel/mount/place.ts';
import { mountBinds, mountNew, moveTree } from '../../../kernel/mount/mount.ts';
import { executablePath } from '../../../syscalls/native.ts';
import { mountsOf } from '../../../kernel/process/inspect.ts';
import type { Kernel } from '../../../kernel/kernel.ts';
import type { Container } from '../../../container/container.ts';
import { mountWithin } from '../../../container/mount-subpath.ts';
import type { Mount } from '../../../oci/spec.ts';
import { INIT_ANNOTATION, INIT_PATH } from '../../../container/bundle.ts';
import { isOwnEtcFile, mountsOfUser, systemMount } from '../../../oci/mounts.ts';
import { joinsPid } from '../create/namespaces.ts';
import type { Step } from '../../../container/step.ts';
import { mountCgroupV1 } from './cgroup-v1.ts';
import {
  checkOverProc,
  findAndHold,
  hold,
  ordinary,
  overNoLink,
  placeIn,
  planFind,
  topOf,
  type Top,
} from './places.ts';

const inspect: Step['inspect'] = async (_k, c) => (c.live.pid ? [mountsOf(c.live.pid, c.paths.rootfs)] : []);

const isTop = (destination: string): destination is `/${Top}` => /^\/(proc|sys|dev)$/.test(destination);

/**
 * Mounts the kernel file system that the spec has at `destination`, without following links. /proc, /sys and /dev are
 * then opened and kept open.
 */
async function mountSystem(k: Kernel, c: Container, m: Mount): Promise<void> {
  const place = overNoLink(placeIn(c.live, m.destination));
  if (m.destination === '/dev/shm' && c.live.shm !== undefined) return mountJoinedShm(k, c.live, place);
  if (!isTop(m.destination)) return ordinary(m.destination, mountNew(k, place, m));
  const top = m.destination.slice(1) as Top;
  hold(
    c.live,
    top,
    await ordinary(
      top,
      mountNew(k, place, m, (stage) => planFind(stage, c.live, top)),
    ),
  );
}

/** The other container's /dev/shm, with --ipc container:ID. */
async function mountJoinedShm(k: Kernel, live: Container['live'], place: Place): Promise<void> {
  const tree = live.shm!;
  delete live.shm;
  const target = await ordinary('dev', makePath(k, place, 'directory'));
  await k.batch((stage) => moveTree(stage, tree, target, '/dev/shm'));
  k.fact({ kind: 'mount', key: '/dev/shm', value: 'tmpfs shm' });
}

const mountStep = (id: string, destination: string, title: string, explain: string): Step => ({
  id,
  title,
  explain,
  inspect,
  when: (c) => systemMount(c.spec, destination) !== undefined && !(destination === '/proc' && joinsPid(c)),
  do: (k, c) => mountSystem(k, c, systemMount(c.spec, destination) as Mount),
});

/** cgroup v2 is one mount, v1 is one for each hierarchy. */
async function mountCgroup(k: Kernel, c: Container): Promise<void> {
  const m = systemMount(c.spec, '/sys/fs/cgroup') as Mount;
  if (c.cgroup.version === 2) return mountSystem(k, c, { ...m, type: 'cgroup2', source: 'cgroup' });
  await mountSystem(k, c, {
    destination: m.destination,
    type: 'tmpfs',
    source: 'tmpfs',
    options: ['nosuid', 'noexec', 'nodev', 'mode=755'],
  });
  await mountCgroupV1(k, c, m);
}

const initMount = (c: Container): Mount[] =>
  c.spec.annotations?.[INIT_ANNOTATION]
    ? [{ destination: INIT_PATH, type: 'bind', source: executablePath('init'), options: ['bind', 'ro', 'rprivate'] }]
    : [];

const etcMounts = (c: Container): Mount[] => c.spec.mounts.filter((m) => isOwnEtcFile(m, c.paths.dir));

/** Mounts on /dev, /proc or /sys, or instead of them. */
async function mountLate(k: Kernel, c: Container, m: Mount): Promise<void> {
  const top = topOf(m.destination);
  if (!top) return mountWithin(k, c, placeIn(c.live, m.destination), m);
  await ordinary(m.destination, mountWithin(k, c, placeIn(c.live, m.destination), m));
  if (isTop(m.destination)) await findAndHold(k, c.live, top);
}

export const filesystemSteps: Step[] = [
  mountStep(
    'init.mount-proc',
    '/proc',
    'Mount /proc',
    `A procfs shows the pid namespace of the process that mounts it, so this one shows the container's processes and no others.
ps, top and every library that reads /proc/self need it; with the host's /proc instead, the container would read every process of the host. An image whose /proc is a link is refused: what a link leads to can be exchanged by another container before the settings of the kernel are closed. See proc(5), pid_namespaces(7).`,
  ),
  mountStep(
    'init.mount-dev',
    '/dev',
    'Mount a new /dev',
    `A small tmpfs takes the place of the image's /dev, so that only the device nodes made in the next steps exist.
An image could otherwise bring nodes of its own. See tmpfs(5).`,
  ),
  mountStep(
    'init.mount-devpts',
    '/dev/pts',
    'Mount a terminal file system',
    `A devpts instance of its own gives the container its own pseudo-terminals, counted from 0.
With the host's, a process inside could open the terminals of people logged in outside. See pts(4) and the kernel's filesystems/devpts.rst.`,
  ),
  mountStep(
    'init.mount-shm',
    '/dev/shm',
    'Mount shared memory',
    `shm_open(3) makes its objects as files here; the size is a limit (64 MB unless --shm-size says otherwise).
Databases and browsers fail without it. See shm_overview(7).`,
  ),
  mountStep(
    'init.mount-mqueue',
    '/dev/mqueue',
    'Mount the message queues',
    `POSIX message queues of the new ipc namespace, as files. See mq_overview(7).`,
  ),
  mountStep(
    'init.mount-sysfs',
    '/sys',
    'Mount /sys',
    `sysfs shows the kernel's devices and, under class/net, the interfaces of the network namespace it is mounted from; it is read-only here, because writing to it configures the host's hardware. See sysfs(5).`,
  ),
  {
    id: 'init.mount-cgroup',
    title: 'Mount the control group file systems',
    inspect,
    explain: `Seen from the new cgroup namespace, the container's own group is the root of this mount: programs read their limits here. With the host's namespace on cgroup v1, that group's directories are bound here instead.
It is read-only, or the container could raise its own limits. See cgroups(7), cgroup_namespaces(7).`,
    when: (c) => systemMount(c.spec, '/sys/fs/cgroup') !== undefined,
    do: mountCgroup,
  },
  {
    id: 'init.mount-etc-files',
    title: 'Mount hosts, hostname and resolv.conf',
    inspect,
    explain: `Three small files written by the network phase are bound over the image's, one file each.
They differ per container and may change between two starts, so they are kept outside the layers: \`docker commit\` does not store them and the image is not touched. See mount(2), hosts(5), resolv.conf(5).`,
    when: (c) => etcMounts(c).length > 0,
    async do(k, c) {
      await mountBinds(
        k,
        etcMounts(c).map((m) => [m, placeIn(c.live, m.destination)]),
      );
    },
  },
  {
    id: 'init.mount-late',
    title: 'Mount what lies on /dev, /proc and /sys',
    inspect,
    explain: `Binds whose place is on one of the new file systems, and the little init of --init, are mounted now: earlier they would have been hidden. See mount(2).`,
    when: (c) => mountsOfUser(c.spec, c.paths.dir, 'late').length + initMount(c).length > 0,
    async do(k, c) {
      for (const m of [...mountsOfUser(c.spec, c.paths.dir, 'late'), ...initMount(c)]) {
        checkOverProc(m.destination, joinsPid(c) && systemMount(c.spec, '/proc') !== undefined);
        await mountLate(k, c, m);
      }
    },
  },
];
