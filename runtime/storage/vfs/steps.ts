/** The steps of vfs: the image's layers are copied into one tree of the container. */
import type { Fact } from '../../journal/event.ts';
import { MS } from '../../syscalls/constants.ts';
import { mountsOf, ownTreeOf } from '../../kernel/process/inspect.ts';
import type { Step } from '../../operation/step.ts';
import type { RwLayer } from '../driver.ts';
import { copyLayers, partialOf } from './copy-layers.ts';

const layerFacts = ({ image }: RwLayer): Fact[] =>
  (image?.layers ?? []).map(({ diffID, size }, j) => ({
    kind: 'image',
    key: `layer ${j}`,
    value: `${diffID} ${size}`,
  }));

export const prepare: readonly Step<RwLayer>[] = [
  {
    id: 'rw-layer.copy-layers',
    title: 'Copy the layers into one tree',
    explain: `The vfs driver copies every file of the image into a directory of the container: nothing is shared, and nothing has to be merged while it runs.
The layers are gone through from the highest to the lowest. A name that a higher layer has, or takes away by a file \`.wh.name\`, is passed over in those below it. Owners, modes, times, extended attributes, hard links and holes are kept; where the file system can share blocks between files, the copy is a second reference to the same ones.
It takes time and room for each container, but works on every file system: also on overlayfs itself, where another overlay cannot have its upper directory. The copy is made once, and stays until \`rm\`. See copy_file_range(2), ioctl_ficlone(2).`,
    async do(k, { paths, image, pull: { signal } }) {
      await copyLayers(k, image?.layers ?? [], paths.rootfs, signal);
      k.fact({ kind: 'file', key: 'tree', value: paths.rootfs });
    },
    undo: (k, { paths }) => k.removeTree(partialOf(paths.rootfs)),
    inspect: async (_k, c) => [ownTreeOf(c.paths.rootfs)],
  },
];

export const mount: readonly Step<RwLayer>[] = [
  {
    id: 'rw-layer.bind-tree',
    title: 'Make the tree a mount',
    explain: `pivot_root(2) takes only a mount point as the new root, and a directory is none. A bind mount of the tree on itself makes it one, in the container's mount namespace alone.
The second call gives the mount flags of its own: a data root on a file system that is mounted with MS_NOSUID, MS_NODEV or MS_NOEXEC would otherwise hand them down, and \`su\` or any program would not work. See mount(2), "Creating a bind mount".`,
    async do(k, c) {
      const { rootfs } = c.paths;
      await k.batch((stage) => {
        stage.mount(rootfs, rootfs, null, MS.MS_BIND, null);
        stage.mount(null, rootfs, null, MS.MS_REMOUNT | MS.MS_BIND, null);
      });
      const count = c.image?.layers.length ?? 0;
      k.fact(...layerFacts(c), { kind: 'mount', key: rootfs, value: `copy of ${count} layers` });
    },
    inspect: async (_k, { live, paths }) => (live.pid ? [mountsOf(live.pid, paths.rootfs)] : []),
  },
];

export const remove: readonly Step<RwLayer>[] = [
  {
    id: 'remove.tree',
    title: "Delete the container's tree",
    explain: `The copy is deleted, and with it everything the container wrote. The image's layers are not touched: nothing of the copy was theirs, and other containers are copied from them. See unlinkat(2).`,
    async do(k, { paths }) {
      await k.removeTree(paths.rootfs);
      await k.removeTree(partialOf(paths.rootfs));
      k.fact({ kind: 'file', key: 'tree', value: null });
    },
  },
];
