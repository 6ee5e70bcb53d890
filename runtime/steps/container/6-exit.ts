/**
 * exit: reads how the run ended and releases everything except the rw layer, because a stopped container is not a
 * removed one.
 */
import { reapShim, readExit } from '../../kernel/process/shim.ts';
import { disconnectAll } from '../../network/phase/connections.ts';
import { oomFact } from '../../watch/oom.ts';
import { unmountVolumes } from '../../executor/stage/create/volume-mounts.ts';
import { closeLive } from '../../executor/stage/create/process.ts';
import type { Phase } from '../../container/step.ts';

export const exit: Phase = {
  id: 'exit',
  title: 'After the end',
  steps: [
    {
      id: 'exit.collect-status',
      title: 'Collect the exit status',
      explain: `A process that has ended stays as a zombie until its parent reads its status. The shim has read it and written it into a file, so that it is there even if no daemon was running.
The status holds either an exit code or the signal that ended it; a shell's 128+n for signals is only a convention. See wait(2).`,
      async do(k, c) {
        c.exit = { ...readExit(c.paths.exit), oom: false };
        await closeLive(k, c.live);
        await reapShim(k, c.live);
        k.fact(
          { kind: 'process', key: 'init', value: null },
          { kind: 'process', key: 'init.inside', value: null },
          { kind: 'process', key: 'shim', value: null },
        );
      },
    },
    {
      id: 'exit.notice-oom',
      title: 'Ask whether memory ran out',
      explain: `When a group is at its memory limit and nothing can be reclaimed, the kernel's OOM killer ends a process in it with SIGKILL. From the status alone that looks like any kill -9; the group's counter tells the difference. It must be read before the group is removed. See cgroups(7), memory.events.`,
      async do(k, c) {
        if (!c.exit) return;
        c.exit.oom = await c.cgroup.oomKilled();
        if (c.exit.oom) k.fact(oomFact(c.cgroup));
      },
      inspect: async (_k, c) => c.cgroup.inspect(),
    },
    {
      id: 'exit.end-the-rest',
      title: 'End what is still in the group',
      explain: `When process 1 of a pid namespace ends, the kernel kills all others in it. With --pid host there is no such namespace, and children may live on; the group still lists them all. See pid_namespaces(7), cgroup.kill in cgroups(7).`,
      do: (k, c) => c.cgroup.kill(k),
    },
    {
      id: 'exit.remove-cgroup',
      title: 'Remove the control group',
      explain: `rmdir(2) in every hierarchy. It works only when no process is left, which is a good proof that none is. See cgroups(7).`,
      async do(k, c) {
        await c.cgroup.remove(k);
        k.fact({ kind: 'cgroup', key: c.cgroup.path, value: null });
      },
    },
    unmountVolumes,
    {
      id: 'exit.release-network',
      title: 'Release the address',
      explain: `The lease goes back, so that another container can have the address. The veth pair went with the network namespace, and that went with its last process. See network_namespaces(7).`,
      do: disconnectAll,
    },
    {
      id: 'exit.forget-run',
      title: 'Clean the run directory',
      explain: `Socket, pid file and exit file of this run are deleted. The mounts need no removal: they were in the container's mount namespace and ended with it. What stays is the rw layer, with every file the container wrote: \`start\` runs it again on top of it, \`rm\` removes it. See mount_namespaces(7).`,
      async do(k, c) {
        await k.removeTree(c.paths.runDir);
        await c.storage.afterRun(k, c);
      },
      inspect: async (_k, c) => c.storage.inspect(c),
    },
  ],
};
