import { leavesOut } from '../../../container/leave-out.ts';
import type { Step } from '../../../container/step.ts';

const inspect: Step['inspect'] = async (_k, c) => c.cgroup.inspect();
const when: Step['when'] = (c) => !leavesOut(c, 'cgroup');

export const openCgroupSteps: { make: Step[]; enter: Step[] } = {
  make: [
    {
      id: 'create.cgroup',
      when,
      title: 'Make the control group',
      explain: `A control group is a directory: making it makes the group, and every process in it is counted and limited together.
On cgroup v1 each controller (memory, cpu, pids, …) has a tree of its own, so the directory is made several times; on v2 there is one tree.
Without it the container could use all memory and processes of the host, and there would be no way to see what it uses, or to find all its processes and end them.
See cgroups(7).`,
      do: (k, c) => c.cgroup.create(k),
      async undo(k, c) {
        await c.cgroup.kill(k);
        await c.cgroup.remove(k);
        k.fact({ kind: 'cgroup', key: c.cgroup.path, value: null });
      },
      inspect,
    },
    {
      id: 'create.limits',
      when,
      title: 'Write the limits',
      explain: `Limits are files in the group's directory: writing \`67108864\` into \`memory.limit_in_bytes\` (v1) or \`memory.max\` (v2) is all there is to \`--memory 64m\`.
They are written before any process is in the group, so that there is no moment without them. A limit that this machine's kernel cannot enforce is reported as a warning, never silently dropped.
See cgroups(7) and the kernel's admin-guide/cgroup-v2.rst.`,
      async do(k, c) {
        c.warnings.push(...(await c.cgroup.limit(k, c.spec.linux.resources)));
      },
      inspect,
    },
    {
      id: 'create.device-rules',
      when,
      title: 'Decide which devices may be opened',
      explain: `The group may open only a short list of device nodes: null, zero, full, random, urandom, tty and its own terminals.
On v1 the list is written to \`devices.deny\` and \`devices.allow\`; on v2 it is a small eBPF program attached to the group. Without it, root inside the container could make a node for the host's disk with mknod(2) and read every file on it.
See bpf(2) and the kernel's admin-guide/cgroup-v1/devices.rst.`,
      async do(k, c) {
        c.warnings.push(...(await c.cgroup.allowDevices(k, c.spec.linux.resources.devices ?? [])));
      },
      inspect,
    },
  ],
  enter: [
    {
      id: 'create.join-cgroup',
      when,
      title: 'Join the control group',
      explain: `The new process writes itself into the group; all its children will be born there.
It must happen before the cgroup namespace is unshared, because that namespace takes the group of the process at that moment as its root. The process moves itself ("0" means me): moving one single thread this way does not wait for the kernel's group lock.
See cgroups(7), cgroup_namespaces(7).`,
      do: (k, c) => c.cgroup.join(k),
      inspect,
    },
    {
      id: 'create.no-cgroup',
      title: "Stay in the daemon's control group",
      explain: `The control group was left out on purpose: the process stays where it was born, among the daemon's own processes.
No limit holds for it, nothing counts what it uses, every device may be opened, and nothing can freeze it. Only the pid namespace is left to end its processes: when its process 1 ends, the kernel kills all the others. See cgroups(7), pid_namespaces(7).`,
      when: (c) => leavesOut(c, 'cgroup'),
      async do(_k, c) {
        const { devices: _, ...limits } = c.spec.linux.resources;
        if (Object.keys(limits).length) c.warnings.push('the control group was left out: no limit holds');
      },
      // runs before the shim's undo; when there is a group, the group's own undo does this
      undo: async (k, c) => (leavesOut(c, 'cgroup') ? c.cgroup.kill(k) : undefined),
      inspect,
    },
  ],
};
