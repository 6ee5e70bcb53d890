import { MNT, MS } from '../../kernel/constants.ts';
import { mountsOf, rootOf } from '../../kernel/process/inspect.ts';
import type { Step } from '../step.ts';

const inspect: Step['inspect'] = async (_k, c) => (c.live.pid ? [rootOf(c.live.pid), mountsOf(c.live.pid)] : []);

export const rootSteps: { enter: Step[]; seal: Step[] } = {
  enter: [
    {
      id: 'exec.pivot-root', title: 'Exchange the root', inspect,
      explain: `pivot_root(2) makes the overlay the root of the whole mount namespace, and puts the old root on top of it for one more moment.
chroot(2) would only change where this process's paths begin; a root process leaves it again with a second chroot and a few "..". After pivot_root the old tree is a mount like any other, and the next step takes it away: then there is nothing to escape to. See pivot_root(2).`,
      async do(k, c) {
        await k.stage.fchdir(c.live.rootfd ?? -1);
        await k.run({ actor: 'stage', name: 'pivot_root', args: ['.', '.'], note: c.paths.rootfs });
        k.fact({ kind: 'root', key: '/', value: 'overlay' });
      },
    },
    {
      id: 'exec.unmount-old-root', title: 'Unmount the old root', inspect,
      explain: `umount2(2) with MNT_DETACH lets go of every mount of the host at once.
From here on no path in this mount namespace leads to a file of the host, except those that were bound on purpose. See umount2(2).`,
      async do(k, c) {
        await k.run({ actor: 'stage', name: 'umount2', args: ['.', MNT.MNT_DETACH], note: 'put_old' });
        await k.stage.chdir('/');
        await k.stage.close(c.live.rootfd ?? -1);
        c.live.rootfd = undefined;
      },
    },
  ],
  seal: [
    {
      id: 'exec.readonly-root', title: 'Make the root read-only', inspect,
      explain: `With --read-only the overlay itself is remounted read-only; tmpfs and volumes stay writable. See mount(2), MS_REMOUNT|MS_BIND.`,
      when: (c) => c.spec.root.readonly === true,
      async do(k) {
        await k.stage.mount(null, '/', null, MS.MS_REMOUNT | MS.MS_BIND | MS.MS_RDONLY, null);
      },
    },
  ],
};
