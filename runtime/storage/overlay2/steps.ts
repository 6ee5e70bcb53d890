/** The steps of overlay2: an empty directory is put above the image's layers and shown with them as one tree. */
import { AT_FDCWD } from '../../syscalls/constants.ts';
import { tolerate } from '../../kernel/errors.ts';
import { mountOverlay } from '../../kernel/mount/overlay.ts';
import { mountsOf, upperOf } from '../../kernel/process/inspect.ts';
import type { Fact } from '../../journal/event.ts';
import type { Step } from '../../operation/step.ts';
import type { RwLayer } from '../driver.ts';
import { plainUpper } from './plain-upper.ts';

/**
 * Facts of the layers, the lowest first: the digest of the uncompressed tar, the bytes, and the command in the image's
 * history.
 */
function layerFacts({ image }: RwLayer): Fact[] {
  const made = (image?.config.history ?? []).filter((entry) => !entry.empty_layer);
  return (image?.layers ?? []).map(({ diffID, size }, j) => ({
    kind: 'image',
    key: `layer ${j}`,
    value: `${diffID} ${size} ${made[j]?.created_by ?? ''}`.trimEnd(),
  }));
}

export const prepare: readonly Step<RwLayer>[] = [
  {
    id: 'rw-layer.make-directories',
    title: 'Make upper and work directories',
    explain: `upperdir will hold every file that the container writes, workdir is overlayfs's own scratch space beside it.
Both must lie on one file system, because copying up ends in a rename(2). They stay when the container stops, which is why a stopped container still has its files; only \`rm\` takes them. See the kernel's filesystems/overlayfs.rst.`,
    async do(k, { paths }) {
      for (const dir of [paths.upper, paths.work, paths.rootfs])
        await tolerate(['EEXIST'], k.daemon.mkdirat(AT_FDCWD, dir, 0o755));
      k.fact({ kind: 'file', key: 'upper', value: paths.upper });
    },
    inspect: async (_k, { paths }) => [upperOf(paths.upper)],
  },
];

export const mount: readonly Step<RwLayer>[] = [
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
        upper: { upperdir: c.paths.upper, workdir: c.paths.work },
        target: c.paths.rootfs,
        shorts: layers.map((l) => l.short ?? l.dir),
        options: plainUpper(),
      });
      k.fact(...layerFacts(c), { kind: 'mount', key: c.paths.rootfs, value: `overlay of ${layers.length} layers` });
    },
    inspect: async (_k, { live, paths }) => [
      ...(live.pid ? [mountsOf(live.pid, paths.rootfs)] : []),
      upperOf(paths.upper),
    ],
  },
];

export const remove: readonly Step<RwLayer>[] = [
  {
    id: 'remove.rw-layer',
    title: 'Delete the rw layer',
    explain: `upperdir and workdir are deleted, and with them everything the container wrote. The image's layers below are not touched: other containers use them. See the kernel's filesystems/overlayfs.rst.`,
    async do(k, { paths }) {
      await k.removeTree(paths.upper);
      await k.removeTree(paths.work);
      k.fact({ kind: 'file', key: 'upper', value: null });
    },
  },
];
