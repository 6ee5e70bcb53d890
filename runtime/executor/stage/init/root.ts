import { MNT, MS } from '../../../syscalls/constants.ts';
import type { Kernel } from '../../../kernel/kernel.ts';
import { mountsOf, rootOf } from '../../../kernel/process/inspect.ts';
import { leavesOut } from '../../../container/leave-out.ts';
import type { Step } from '../../../container/step.ts';

const inspect: Step['inspect'] = async (_k, c) => (c.live.pid ? [rootOf(c.live.pid), mountsOf(c.live.pid)] : []);
const pivots: Step['when'] = (c) => !leavesOut(c, 'pivot-root');

/** Enters the root by chroot(2) and closes the descriptor. */
export async function enterByChroot(k: Kernel, rootfd: number): Promise<void> {
  await k.stage.fchdir(rootfd);
  await k.stage.chroot('.');
  await k.stage.chdir('/');
  await k.stage.close(rootfd);
}

export const rootSteps: { exchange: Step[]; chroot: Step[]; seal: Step[] } = {
  exchange: [
    {
      id: 'init.pivot-root',
      title: 'Exchange the root',
      inspect,
      when: pivots,
      explain: `pivot_root(2) makes the overlay the root of the whole mount namespace, and puts the old root on top of it for one more moment.
chroot(2) would only change where this process's paths begin; a root process leaves it again with a second chroot and a few "..". After pivot_root the old tree is a mount like any other, and the next step takes it away: then there is nothing to escape to. See pivot_root(2).`,
      async do(k, c) {
        await k.batch((stage) => {
          stage.fchdir(c.live.rootfd ?? -1);
          stage.pivot_root('.', '.').noted(c.paths.rootfs);
        });
        k.fact({ kind: 'root', key: '/', value: c.bundle ? 'bundle' : 'overlay' });
      },
    },
    {
      id: 'init.unmount-old-root',
      title: 'Unmount the old root',
      inspect,
      when: pivots,
      explain: `umount2(2) with MNT_DETACH lets go of every mount of the host at once.
From here on no path in this mount namespace leads to a file of the host, except those that were bound on purpose. See umount2(2).`,
      async do(k, c) {
        await k.batch((stage) => {
          stage.umount2('.', MNT.MNT_DETACH).noted('put_old');
          stage.chdir('/');
          stage.close(c.live.rootfd ?? -1);
        });
        c.live.rootfd = undefined;
      },
    },
  ],
  chroot: [
    {
      id: 'init.chroot',
      title: 'Change only where paths begin',
      inspect,
      explain: `pivot_root was left out on purpose: chroot(2) changes where this process's paths begin, and nothing else.
The host's tree is still mounted above. A process inside that may call chroot(2) once more can keep a directory open that lies outside of the new root, and go up from there with "..", because ".." stops at the root only. See chroot(2).`,
      when: (c) => leavesOut(c, 'pivot-root'),
      async do(k, c) {
        await enterByChroot(k, c.live.rootfd ?? -1);
        c.live.rootfd = undefined;
        k.fact({ kind: 'root', key: '/', value: 'overlay (chroot)' });
      },
    },
  ],
  seal: [
    {
      id: 'init.readonly-root',
      title: 'Make the root read-only',
      inspect,
      explain: `With --read-only the overlay itself is remounted read-only; tmpfs and volumes stay writable. See mount(2), MS_REMOUNT|MS_BIND.`,
      when: (c) => c.spec.root.readonly === true,
      async do(k) {
        await k.stage.mount(null, '/', null, MS.MS_REMOUNT | MS.MS_BIND | MS.MS_RDONLY, null);
      },
    },
  ],
};
