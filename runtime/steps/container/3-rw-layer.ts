/** rw layer: the container's own files over those of its image, as its storage driver arranges them, and the mounts. */
import { AT_FDCWD, MS, O } from '../../syscalls/constants.ts';
import { inRoot } from '../../kernel/mount/place.ts';
import { mountsOf, rootOf } from '../../kernel/process/inspect.ts';
import type { Container } from '../../container/container.ts';
import { mountWithin } from '../../container/mount-subpath.ts';
import { mountsOfUser } from '../../oci/mounts.ts';
import { DOCKERENV, DOCKERENV_MODE } from '../../storage/dockerenv.ts';
import type { StorageSteps } from '../../storage/driver.ts';
import type { Phase } from '../../container/step.ts';
import { mountImages } from './rw-layer/images.ts';
import { volumeSteps } from './rw-layer/volumes.ts';

const mounted = async (c: Container) => [
  ...(c.live.pid ? [mountsOf(c.live.pid, c.paths.rootfs)] : []),
  ...c.storage.inspect(c),
];

export const rwLayerOf = (driver: Pick<StorageSteps, 'prepare' | 'mount'>): Phase => ({
  id: 'rw-layer',
  title: 'Lay the rw layer over the image',
  steps: [
    ...driver.prepare,
    {
      id: 'rw-layer.private-propagation',
      title: 'Stop mounts from propagating',
      explain: `A new mount namespace is only a copy: as long as its mounts are shared, what is mounted in it still appears on the host.
MS_REC|MS_PRIVATE cuts that for the whole tree. Without this step the container's overlay would show up in the host's mount table, and would stay there. See mount_namespaces(7), "Shared subtrees".`,
      async do(k, c) {
        const shares = /shared|slave/.test(c.spec.linux.rootfsPropagation ?? '');
        await k.stage.mount(null, '/', null, MS.MS_REC | (shares ? MS.MS_SLAVE : MS.MS_PRIVATE), null);
      },
      inspect: async (_k, c) => (c.live.pid ? [mountsOf(c.live.pid)] : []),
    },
    ...driver.mount,
    {
      id: 'rw-layer.open-root',
      title: 'Hold on to the new root',
      explain: `The stage opens the new root directory once and keeps the descriptor; every later path inside the image is resolved below it.
An image may hold a symbolic link from /etc to ../../../etc. openat2(2) with RESOLVE_IN_ROOT follows it as if this directory were /, so that it cannot lead out to the host.
The empty file /.dockerenv tells programs such as systemd(1) that they run in a container. \`diff\` does not count it. See openat2(2).`,
      async do(k, c) {
        const root = await k.batch((stage) => {
          stage.umask(0);
          const opened = stage.openat(AT_FDCWD, c.paths.rootfs, O.O_PATH | O.O_DIRECTORY | O.O_CLOEXEC, 0);
          // the image may contain the file, and a full disk must not prevent a start because of it
          if (!c.bundle)
            stage.mknodat(opened, DOCKERENV.slice(1), DOCKERENV_MODE, 0).mayFail('EEXIST', 'ENOSPC', 'EDQUOT');
          return opened;
        });
        c.live.rootfd = root.reply?.ret;
      },
      inspect: async (_k, c) => (c.live.pid ? [rootOf(c.live.pid)] : []),
    },
    ...volumeSteps,
    mountImages,
    {
      id: 'rw-layer.mount-volumes',
      title: 'Mount volumes, binds and tmpfs',
      explain: `\`-v /host:/inside\` makes a directory of the host appear inside, \`-v name:/inside\` that of a volume; \`--tmpfs\` makes one that lives in memory.
A bind mount is a second place for the same tree, not a copy: open_tree(2) takes the tree, mount_setattr(2) gives it its own flags (read-only, no set-uid), move_mount(2) puts it where it belongs. What is written there never reaches the upper directory. See mount(2), open_tree(2).`,
      when: (c) => mountsOfUser(c.spec, c.paths.dir, 'early').length > 0,
      async do(k, c) {
        for (const m of mountsOfUser(c.spec, c.paths.dir, 'early'))
          await mountWithin(k, c, inRoot(c.live.rootfd ?? -1, m.destination), m);
      },
      inspect: async (_k, c) => mounted(c),
    },
  ],
});
