/** rw layer: the image's layers below, an empty directory above, and the overlay that shows them as one tree. */
import { posix } from 'node:path';
import { AT_FDCWD, MS, O } from '../kernel/constants.ts';
import { tolerate } from '../kernel/errors.ts';
import { ensurePath } from '../kernel/mount/in-root.ts';
import { inRoot } from '../kernel/mount/place.ts';
import { mountOne } from '../kernel/mount/mount.ts';
import { mountOverlay } from '../kernel/mount/overlay.ts';
import { mountsOf, rootOf, upperOf } from '../kernel/process/inspect.ts';
import type { Fact } from '../journal/event.ts';
import type { Container } from '../machine/container.ts';
import { mountsOfUser } from '../oci/mounts.ts';
import type { Phase } from './step.ts';

const below = async (c: Container) =>
  c.live.pid ? [mountsOf(c.live.pid, c.paths.rootfs), upperOf(c.paths.upper)] : [upperOf(c.paths.upper)];

/**
 * The VOLUMEs of the image that nothing is mounted on: directories of the container. Not every image has them, and
 * programs rely on them; dockerd makes those that are missing as mount points, 0755 and root's.
 */
function volumesOf({ image, spec }: Container): string[] {
  const volumes = Object.keys(image?.config.config?.Volumes ?? {}).map((path) =>
    posix.join('/', path).replace(/(.)\/$/, '$1'),
  );
  return volumes.filter((path) => path !== '/' && !spec.mounts.some(({ destination }) => destination === path)).sort();
}

/** Lowest first: digest of the uncompressed tar, bytes, and what the image's history says made it. */
function layerFacts({ image }: Container): Fact[] {
  const made = (image?.config.history ?? []).filter((entry) => !entry.empty_layer);
  return (image?.layers ?? []).map(({ diffID, size }, j) => ({
    kind: 'image',
    key: `layer ${j}`,
    value: `${diffID} ${size} ${made[j]?.created_by ?? ''}`.trimEnd(),
  }));
}

export const rwLayer: Phase = {
  id: 'rw-layer',
  title: 'Lay the rw layer over the image',
  steps: [
    {
      id: 'rw-layer.make-directories',
      title: 'Make upper and work directories',
      explain: `upperdir will hold every file that the container writes, workdir is overlayfs's own scratch space beside it.
Both must lie on one file system, because copying up ends in a rename(2). They stay when the container stops, which is why a stopped container still has its files; only \`rm\` takes them. See the kernel's filesystems/overlayfs.rst.`,
      async do(k, c) {
        for (const dir of [c.paths.upper, c.paths.work, c.paths.rootfs])
          await tolerate(['EEXIST'], k.daemon.mkdirat(AT_FDCWD, dir, 0o755));
        k.fact({ kind: 'file', key: 'upper', value: c.paths.upper });
      },
      inspect: async (_k, c) => [upperOf(c.paths.upper)],
    },
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
    {
      id: 'rw-layer.mount-overlay',
      title: 'Mount the overlay',
      explain: `overlayfs shows the image's read-only layers and the container's upper directory as one tree.
A read looks into upperdir first and then down the lowerdirs, and stops at the first hit; a write first copies the file up; a delete leaves a whiteout. A thousand containers of one image share the same layers on disk and in the page cache.
Each layer is handed over with its own fsconfig(2) call, so their number is not limited by the length of an option string. See the kernel's filesystems/overlayfs.rst.`,
      async do(k, c) {
        const layers = [...(c.image?.layers ?? [])].reverse();
        await mountOverlay(k, {
          lowerdirs: layers.map((l) => l.dir),
          upperdir: c.paths.upper,
          workdir: c.paths.work,
          target: c.paths.rootfs,
          shorts: layers.map((l) => l.short ?? l.dir),
        });
        k.fact(...layerFacts(c), { kind: 'mount', key: c.paths.rootfs, value: `overlay of ${layers.length} layers` });
      },
      inspect: async (_k, c) => below(c),
    },
    {
      id: 'rw-layer.open-root',
      title: 'Hold on to the new root',
      explain: `The stage opens the new root directory once and keeps the descriptor; every later path inside the image is resolved below it.
An image may hold a symbolic link from /etc to ../../../etc. openat2(2) with RESOLVE_IN_ROOT follows it as if this directory were /, so that it cannot lead out to the host. See openat2(2).`,
      async do(k, c) {
        const root = await k.together((stage) => {
          stage.umask(0);
          return stage.openat(AT_FDCWD, c.paths.rootfs, O.O_PATH | O.O_DIRECTORY | O.O_CLOEXEC, 0);
        });
        c.live.rootfd = root.reply?.ret;
      },
      inspect: async (_k, c) => (c.live.pid ? [rootOf(c.live.pid)] : []),
    },
    {
      id: 'rw-layer.mount-volumes',
      title: 'Mount binds and tmpfs',
      explain: `\`-v /host:/inside\` makes a directory of the host appear inside; \`--tmpfs\` makes one that lives in memory.
A bind mount is a second place for the same tree, not a copy: open_tree(2) takes the tree, mount_setattr(2) gives it its own flags (read-only, no set-uid), move_mount(2) puts it where it belongs. What is written there never reaches the upper directory. See mount(2), open_tree(2).`,
      when: (c) => mountsOfUser(c.spec, c.paths.dir, 'early').length + volumesOf(c).length > 0,
      async do(k, c) {
        for (const m of mountsOfUser(c.spec, c.paths.dir, 'early')) {
          await mountOne(k, inRoot(c.live.rootfd ?? -1, m.destination), m);
        }
        for (const path of volumesOf(c)) {
          const made = await ensurePath(k, inRoot(c.live.rootfd ?? -1, path), 'directory');
          await k.stage.close(made);
        }
      },
      inspect: async (_k, c) => below(c),
    },
  ],
};
