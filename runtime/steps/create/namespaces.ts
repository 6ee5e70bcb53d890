import { CLONE } from '../../kernel/constants.ts';
import { namespaceInode, namespacesOf } from '../../kernel/process/inspect.ts';
import type { NamespaceType } from '../../oci/spec.ts';
import type { Step } from '../step.ts';

interface Namespace { type: NamespaceType; id: string; flag: number; file: string; title: string; explain: string }

const table: Namespace[] = [
  {
    type: 'mount', id: 'mnt', flag: CLONE.CLONE_NEWNS, file: 'mnt', title: 'Break away from the host\'s mounts',
    explain: `From here on the process has its own copy of the mount table: what it mounts, nobody else sees, and what it unmounts stays on the host.
Every mount of this container is made in here. That is also why nothing is left behind when it ends: the kernel drops the table with its last process.
Without it the container's overlay, its /proc and its tmpfs would appear in the host's own tree. See mount_namespaces(7).`,
  },
  {
    type: 'uts', id: 'uts', flag: CLONE.CLONE_NEWUTS, file: 'uts', title: 'Break away from the host\'s name',
    explain: `The hostname and domain name become the container's own.
The name comes from uname(2)'s struct utsname. Without this namespace, sethostname(2) inside would rename the host. See uts_namespaces(7).`,
  },
  {
    type: 'ipc', id: 'ipc', flag: CLONE.CLONE_NEWIPC, file: 'ipc', title: 'Break away from the host\'s IPC objects',
    explain: `System V shared memory, semaphores and message queues, and POSIX message queues, start empty.
These objects have names but no place in the file system, so mounts cannot hide them; without this namespace the container could open the host's by number. See ipc_namespaces(7).`,
  },
  {
    type: 'network', id: 'net', flag: CLONE.CLONE_NEWNET, file: 'net', title: 'Break away from the host\'s network',
    explain: `The process gets its own network stack: interfaces, addresses, routes, firewall rules and ports, with nothing in it but a loopback that is down.
Two containers can both listen on port 80 because each has its own port 80. The network phase will lay a cable into it. See network_namespaces(7).`,
  },
  {
    type: 'cgroup', id: 'cgroup', flag: CLONE.CLONE_NEWCGROUP, file: 'cgroup', title: 'Hide the way to the control group',
    explain: `What the process is in now becomes / for it: /proc/self/cgroup no longer tells where on the host its group lies.
It limits nothing by itself; it hides names, and lets a container manage groups below its own. That is why the process had to join its group first. See cgroup_namespaces(7).`,
  },
];

/** One namespace, one step: a learner sees each line break. */
export const namespaceSteps: Step[] = table.map((n) => ({
  id: `create.unshare-${n.id}`,
  title: n.title,
  explain: n.explain,
  when: (c) => c.spec.linux.namespaces.some((wanted) => wanted.type === n.type && !wanted.path),
  async do(k, c) {
    await k.stage.unshare(n.flag);
    k.fact({ kind: 'ns', key: n.file, value: namespaceInode(c.live.pid ?? 0, n.file) });
  },
  inspect: async (_k, c) => (c.live.pid ? [namespacesOf(c.live.pid)] : []),
}));

/** --network container:ID, --pid container:ID, --ipc container:ID: the other's namespace instead of a new one. */
const flagOf: Partial<Record<NamespaceType, number>> = { network: CLONE.CLONE_NEWNET, ipc: CLONE.CLONE_NEWIPC, uts: CLONE.CLONE_NEWUTS };
namespaceSteps.push({
  id: 'create.join-namespaces',
  title: 'Enter another container\'s namespaces',
  explain: `With \`--network container:ID\` no new network is made: setns(2) enters the one that another container already has.
Both then share interfaces, addresses and ports, as the containers of a Kubernetes pod do. See setns(2).`,
  when: (c) => c.spec.linux.namespaces.some((wanted) => wanted.path && flagOf[wanted.type]),
  async do(k, c) {
    for (const wanted of c.spec.linux.namespaces) {
      const flag = flagOf[wanted.type];
      if (!wanted.path || !flag) continue;
      const fd = await k.stage.openat(-100, wanted.path, 0o2000000, 0);
      await k.stage.setns(fd, flag);
      await k.stage.close(fd);
      k.fact({ kind: 'ns', key: wanted.type === 'network' ? 'net' : wanted.type, value: namespaceInode(c.live.pid ?? 0, wanted.type === 'network' ? 'net' : wanted.type) });
    }
  },
  inspect: async (_k, c) => (c.live.pid ? [namespacesOf(c.live.pid)] : []),
});
