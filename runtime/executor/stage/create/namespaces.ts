import { AT_FDCWD, CLONE, O } from '../../../syscalls/constants.ts';
import type { Kernel } from '../../../kernel/kernel.ts';
import { namespaceInode, namespacesOf } from '../../../kernel/process/inspect.ts';
import { comesFromCheckpoint } from '../../../container/checkpoints.ts';
import type { Container } from '../../../container/container.ts';
import { conflict, ApiError } from '../../../errors/api-error.ts';
import type { NamespaceType } from '../../../oci/spec.ts';
import type { Step } from '../../../container/step.ts';
import { systemMount } from '../../../oci/mounts.ts';
import { checkShareable, copySharedMemory } from './joined-shm.ts';

interface Namespace {
  type: NamespaceType;
  id: string;
  flag: number;
  file: string;
  title: string;
  explain: string;
}

const table: Namespace[] = [
  {
    type: 'mount',
    id: 'mnt',
    flag: CLONE.CLONE_NEWNS,
    file: 'mnt',
    title: "Break away from the host's mounts",
    explain: `From here on the process has its own copy of the mount table: what it mounts is visible to no other process, and what it unmounts stays mounted on the host.
Every mount of this container is made in here. That is also why nothing is left behind when it ends: the kernel drops the table with its last process.
Without it the container's overlay, its /proc and its tmpfs would appear in the host's own tree. See mount_namespaces(7).`,
  },
  {
    type: 'uts',
    id: 'uts',
    flag: CLONE.CLONE_NEWUTS,
    file: 'uts',
    title: "Break away from the host's name",
    explain: `The hostname and domain name become the container's own.
The name comes from uname(2)'s struct utsname. Without this namespace, sethostname(2) inside would rename the host. See uts_namespaces(7).`,
  },
  {
    type: 'ipc',
    id: 'ipc',
    flag: CLONE.CLONE_NEWIPC,
    file: 'ipc',
    title: "Break away from the host's IPC objects",
    explain: `System V shared memory, semaphores and message queues, and POSIX message queues, start empty.
These objects have names but no place in the file system, so mounts cannot hide them; without this namespace the container could open the host's by number. See ipc_namespaces(7).`,
  },
  {
    type: 'network',
    id: 'net',
    flag: CLONE.CLONE_NEWNET,
    file: 'net',
    title: "Break away from the host's network",
    explain: `The process gets its own network stack: interfaces, addresses, routes, firewall rules and ports, with nothing in it but a loopback that is down.
Two containers can both listen on port 80 because each has its own port 80. The network phase will lay a cable into it. See network_namespaces(7).`,
  },
  {
    type: 'cgroup',
    id: 'cgroup',
    flag: CLONE.CLONE_NEWCGROUP,
    file: 'cgroup',
    title: 'Hide the way to the control group',
    explain: `What the process is in now becomes / for it: /proc/self/cgroup no longer tells where on the host its group lies.
It limits nothing by itself; it hides names, and lets a container manage groups below its own. That is why the process had to join its group first. See cgroup_namespaces(7).`,
  },
];

/** One step for each namespace, so that a learner sees each of them. */
export const namespaceSteps: Step[] = table.map((n) => ({
  id: `create.unshare-${n.id}`,
  title: n.title,
  explain: n.explain,
  when: (c) =>
    c.spec.linux.namespaces.some((wanted) => wanted.type === n.type && !wanted.path) && !comesFromCheckpoint(c, n.type),
  async do(k, c) {
    await k.stage.unshare(n.flag);
    k.fact({ kind: 'ns', key: n.file, value: namespaceInode(c.live.pid ?? 0, n.file) });
  },
  inspect: async (_k, c) => (c.live.pid ? [namespacesOf(c.live.pid)] : []),
}));

/**
 * setns(2) enters the time namespace of the future children, because unshare(2) moves only the children:
 * time_namespaces(7).
 */
namespaceSteps.push({
  id: 'create.unshare-time',
  title: "Break away from the host's clocks",
  explain: `On request the container gets an uptime of its own: offsets for the monotonic and the boot-time clock.
It is for containers that are moved between machines: a program must not see its clock jump back. The wall clock stays the host's. The offsets can only be written while no process is in the namespace, so the daemon writes them before the stage enters. See time_namespaces(7).`,
  when: (c) => c.spec.linux.namespaces.some((n) => n.type === 'time' && !n.path) && !comesFromCheckpoint(c, 'time'),
  async do(k, c) {
    await k.stage.unshare(CLONE.CLONE_NEWTIME);
    const lines = Object.entries(c.spec.linux.timeOffsets ?? {}).map(
      ([clock, { secs, nanosecs }]) => `${clock} ${secs} ${nanosecs}\n`,
    );
    for (const line of lines) await k.daemon.write_file(`/proc/${c.live.pid}/timens_offsets`, 0, 0, line);
    const fd = await k.stage.openat(AT_FDCWD, '/proc/self/ns/time_for_children', O.O_CLOEXEC, 0);
    await k.stage.setns(fd, CLONE.CLONE_NEWTIME);
    await k.stage.close(fd);
    k.fact({ kind: 'ns', key: 'time', value: namespaceInode(c.live.pid ?? 0, 'time') });
  },
  inspect: async (_k, c) => (c.live.pid ? [namespacesOf(c.live.pid)] : []),
});

/** --network container:ID, --pid container:ID: the other container's namespace instead of a new one. */
const joined: Partial<Record<NamespaceType, { flag: number; file: string }>> = {
  network: { flag: CLONE.CLONE_NEWNET, file: 'net' },
  ipc: { flag: CLONE.CLONE_NEWIPC, file: 'ipc' },
  uts: { flag: CLONE.CLONE_NEWUTS, file: 'uts' },
  pid: { flag: CLONE.CLONE_NEWPID, file: 'pid' },
};

const otherOf = (c: Container, path: string): Container => c.other(path.replace(/^container:/, ''));

/**
 * 'container:<ref>' → /proc/<pid> of its first process, which must be running, because a namespace needs a process.
 * Throws ApiError: 409 for a network, 500 for the others, in dockerd's words.
 */
function procOf(c: Container, path: string, type: NamespaceType): string {
  const other = otherOf(c, path);
  // after a rename the container's own name may be the one that its network names
  if (other.id === c.id) throw new ApiError(500, 'cannot join own network');
  if (other.live.pid) return `/proc/${other.live.pid}`;
  if (type === 'network') throw conflict(`cannot join network of a non running container: ${other.id}`);
  throw new ApiError(500, `failed to join ${type.toUpperCase()} namespace: container ${other.id} is not running`);
}

/** --pid container:ID */
export const joinsPid = (c: Container): boolean =>
  c.spec.linux.namespaces.some(({ type, path }) => type === 'pid' && path !== undefined);
const joins = (c: Container) => c.spec.linux.namespaces.filter((wanted) => wanted.path && joined[wanted.type]);

namespaceSteps.push({
  id: 'create.join-namespaces',
  title: "Enter another container's namespaces",
  explain: `With \`--network container:ID\` no new network is made: setns(2) enters the one that another container already has.
Both then share interfaces, addresses and ports, as the containers of a Kubernetes pod do. With \`--ipc container:ID\` both share System V objects and message queues, and a copy of the other one's mount on /dev/shm is taken, because POSIX shared memory is files there. A pid namespace is only entered by children: the stage's is born into it when it has given up its rights, because from then on the other container sees it. See setns(2).`,
  when: (c) => joins(c).length > 0,
  async do(k, c) {
    for (const { type, path = '' } of joins(c)) {
      const { flag, file } = joined[type]!;
      if (type === 'ipc' && path.startsWith('container:')) checkShareable(otherOf(c, path));
      const fd = await k.stage.openat(
        AT_FDCWD,
        path.startsWith('/') ? path : `${procOf(c, path, type)}/ns/${file}`,
        O.O_CLOEXEC,
        0,
      );
      await k.stage.setns(fd, flag);
      await k.stage.close(fd);
      if (type === 'ipc' && systemMount(c.spec, '/dev/shm')?.source === path)
        c.live.shm = await copySharedMemory(k, procOf(c, path, type));
    }
    for (const { type } of joins(c)) {
      const { file } = joined[type]!;
      k.fact({
        kind: 'ns',
        key: file,
        value: namespaceInode(c.live.pid ?? 0, type === 'pid' ? 'pid_for_children' : file),
      });
    }
  },
  inspect: async (_k, c) => (c.live.pid ? [namespacesOf(c.live.pid)] : []),
});

/**
 * The stage continues in a child, which is born into the joined pid namespace. The shim waits for this child from now
 * on.
 */
export async function becomeSibling(k: Kernel, live: Container['live']): Promise<void> {
  const pid = await k.stage.clone_sibling();
  await k.shim.watch_child(pid);
  const { pidfd } = live;
  Object.assign(live, { pid, pidfd: undefined });
  if (pidfd !== undefined) await k.daemon.close(pidfd);
  live.pidfd = await k.daemon.pidfd_open(pid, 0);
}
