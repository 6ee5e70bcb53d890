/**
 * reach: puts the file system of a stopped container together in a mount namespace of its own, without running anything
 * in it. The steps of the phase rw-layer follow. When the files have been read or written, everything is undone.
 */
import { CLONE } from '../../syscalls/constants.ts';
import type { Container } from '../../container/container.ts';
import { namespaceInode, namespacesOf } from '../../kernel/process/inspect.ts';
import type { Phase } from '../../container/step.ts';
import { cloneStage } from '../../executor/stage/create/process.ts';
import { volumeMountsStep } from '../../executor/stage/create/volume-mounts.ts';
import { endOwnShim, startOwnShim } from '../../executor/stage/own-shim.ts';

/** Pipes for the output, which nothing reads: native/shim.c. */
const STDIO = 1;

export const reach: Phase<Container> = {
  id: 'reach',
  title: 'Reach into a stopped container',
  steps: [
    {
      id: 'reach.shim',
      title: 'Start a shim for a short while',
      explain: `A stopped container has no process, so nothing has its files mounted. A process is needed that holds a mount namespace while files are copied, and the shim is its parent.
It has a run directory of its own, so that nothing is mixed up with the container's own runs. See wait(2).`,
      async do(k, c) {
        await startOwnShim(k, c, c.settings.oomScores);
      },
      async undo(k, c) {
        await endOwnShim(k, c);
      },
    },
    {
      id: 'reach.clone3',
      title: 'Clone a process that holds the mounts',
      explain: `The stage is cloned as for a run, but it never becomes the container's program: no user, no rights and no program of the image are needed to look at files. See clone3(2).`,
      async do(k, c) {
        c.live.pid = await cloneStage(k, 0, STDIO, undefined);
        c.live.pidfd = await k.daemon.pidfd_open(c.live.pid, 0);
      },
    },
    volumeMountsStep('reach.mount-volumes'),
    {
      id: 'reach.unshare-mnt',
      title: "Break away from the host's mounts",
      explain: `What is mounted from here on, the layers and the volumes of the container, is in no mount table but this one. It goes when the process ends, also when the daemon is killed.
Mounted on the host, a tree that is left behind would keep the container from being removed. See mount_namespaces(7).`,
      async do(k, c) {
        await k.stage.unshare(CLONE.CLONE_NEWNS);
        k.fact({ kind: 'ns', key: 'mnt', value: namespaceInode(c.live.pid ?? 0, 'mnt') });
      },
      inspect: async (_k, c) => (c.live.pid ? [namespacesOf(c.live.pid)] : []),
    },
  ],
};
