/**
 * --pid container:ID. All processes of a pid namespace see each other, and a container with CAP_SYS_PTRACE may read and
 * write the memory, the descriptors and the root of a process whose rights do not exceed its own. This capability does
 * not care whether a process is dumpable. So the stage, with its rights and the host's tree, stays outside, and only
 * its child, which has neither, is born into the namespace.
 */
import { FSCONFIG } from '../../../syscalls/constants.ts';
import type { Kernel } from '../../../kernel/kernel.ts';
import { ensurePath } from '../../../kernel/mount/in-root.ts';
import { moveTree } from '../../../kernel/mount/mount.ts';
import { mountAttributes, parseOptions } from '../../../kernel/mount/options.ts';
import { namespacesOf } from '../../../kernel/process/inspect.ts';
import type { Container } from '../../../container/container.ts';
import { systemMount } from '../../../oci/mounts.ts';
import { becomeSibling, joinsPid } from '../create/namespaces.ts';
import type { Step } from '../../../container/step.ts';
import { hold, ordinary, placeIn, planFind } from './places.ts';
import { handOverTerminal } from './terminal.ts';

async function mountJoinedProc(k: Kernel, c: Container): Promise<void> {
  const target = await ordinary('proc', ensurePath(k, placeIn(c.live, '/proc'), 'directory'));
  const fs = await k.stage.children_procfs();
  const { flags } = parseOptions(systemMount(c.spec, '/proc')?.options ?? []);
  const found = await k.batch((stage) => {
    stage.fsconfig(fs, FSCONFIG.FSCONFIG_SET_STRING, 'source', 'proc', 0);
    stage.fsconfig(fs, FSCONFIG.FSCONFIG_CMD_CREATE, null, null, 0);
    const tree = stage.fsmount(fs, 1, mountAttributes(flags));
    stage.close(fs);
    moveTree(stage, tree, target, '/proc');
    return planFind(stage, c.live, 'proc');
  });
  hold(c.live, 'proc', found);
  k.fact({ kind: 'mount', key: '/proc', value: 'proc proc' });
}

export const joinedPidSteps: { proc: Step[]; enter: Step[] } = {
  proc: [
    {
      id: 'init.mount-joined-proc',
      title: 'Mount the /proc of the other container',
      explain: `A procfs shows the pid namespace of the process that opens it, and after setns(2) only a child is in another's.
So a child without any rights, in a user namespace of its own, calls fsopen(2) there; the stage fetches the open context with pidfd_getfd(2), and mounts the file system. It comes this late because the child's root is seen in that namespace: it must be the container's already. See fsopen(2), pid_namespaces(7).`,
      when: (c) => joinsPid(c) && systemMount(c.spec, '/proc') !== undefined,
      do: mountJoinedProc,
    },
  ],
  enter: [
    {
      id: 'init.enter-pid-namespace',
      title: 'Be born into the other pid namespace',
      explain: `The stage clones itself once more: the child lives in the joined pid namespace, and CLONE_PARENT makes the shim its parent. It begins a session of its own, with the terminal if there is one.
Until here a process of the other container that has CAP_SYS_PTRACE could have taken over the stage, with all of root's rights; the child has only those of the program that it becomes. See pid_namespaces(7), ptrace(2), setsid(2).`,
      when: joinsPid,
      async do(k, c) {
        await becomeSibling(k, c.live);
        if (c.spec.process.terminal) await handOverTerminal(k, c, c.live.slave ?? -1);
        else await k.stage.setsid();
      },
      inspect: async (_k, c) => (c.live.pid ? [namespacesOf(c.live.pid)] : []),
    },
  ],
};
