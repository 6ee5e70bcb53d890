/** overlay2: the kernel's overlayfs. All containers share the layers, so a container costs only what it writes. */
import { dirname, join } from 'node:path';
import { jobParts, runJob } from '../../kernel/jobs.ts';
import { upperOf } from '../../kernel/process/inspect.ts';
import type { LayerFile } from '../../image/layer/layer-file.ts';
import { mountPoints, type Change, type RwLayer, type StorageDriver } from '../driver.ts';
import { filesystemOf } from '../filesystem-of.ts';
import type { ChangesInput } from './changes.ts';
import '../tree/jobs.ts';
import type { TreeInput } from '../tree/tar-tree.ts';
import { imageMounts } from './image-mounts.ts';
import './jobs.ts';
import { mount, prepare, remove } from './steps.ts';

/** By upper directory: clients that ask at the same time share one walk. */
const sizes = new Map<string, Promise<number>>();

const lowersOf = (image: Parameters<StorageDriver['imageGraphData']>[0] | undefined): string[] =>
  (image?.layers ?? []).map(({ dir }) => dir).reverse();

const inputOf = (layer: RwLayer): ChangesInput => ({
  upper: layer.paths.upper,
  lowers: lowersOf(layer.image),
  mountPoints: [...mountPoints(layer)],
});

export const overlay2: StorageDriver = {
  name: 'overlay2',
  whiteouts: 'overlayfs',
  prepare,
  mount,
  remove,
  images: imageMounts,

  // overlayfs keeps whiteouts of deleted files in its scratch directory
  afterRun: (k, { paths }) => k.removeTree(`${paths.work}/work`),

  inspect: ({ paths }) => [upperOf(paths.upper)],

  changes: (layer) => jobParts<Change[]>('overlay2-changes', inputOf(layer)),
  diff: (layer) => jobParts<Uint8Array>('overlay2-diff', inputOf(layer)),

  layerFile: (k, layer, path) => k.job<LayerFile>('overlay2-layer', { ...inputOf(layer), path }),

  exported({ paths, image }) {
    const input: TreeInput = { trees: [paths.upper, ...lowersOf(image)], whiteouts: 'overlayfs' };
    return jobParts<Uint8Array>('export-tree', input);
  },

  size({ paths: { upper } }) {
    const known = sizes.get(upper);
    if (known) return known;
    const size = (runJob('overlay2-size', upper) as Promise<number>).finally(() => sizes.delete(upper));
    sizes.set(upper, size);
    return size;
  },

  mountMark: ({ upper }) => `upperdir=${upper},`,

  status: (root) => [
    ['Backing Filesystem', filesystemOf(root)],
    // whiteouts are recognised by the type that getdents64(2) gives
    ['Supports d_type', 'true'],
    ['Using metacopy', 'false'],
    ['Native Overlay Diff', 'true'],
    ['userxattr', 'false'],
  ],

  graphData: ({ id, paths, image }) => ({
    Name: 'overlay2',
    Data: {
      ID: id,
      MergedDir: paths.rootfs,
      UpperDir: paths.upper,
      WorkDir: paths.work,
      // overlayfs takes the uppermost layer first
      LowerDir: lowersOf(image).join(':'),
    },
  }),

  /** dockerd would mount a layer at the directories beside its `diff`. A single layer has no LowerDir. */
  imageGraphData(image) {
    const [top, ...lower] = lowersOf(image);
    if (top === undefined) return { Name: 'overlay2', Data: {} };
    const beside = (name: string) => join(dirname(top), name);
    return {
      Name: 'overlay2',
      Data: {
        ...(lower.length && { LowerDir: lower.join(':') }),
        MergedDir: beside('merged'),
        UpperDir: top,
        WorkDir: beside('work'),
      },
    };
  },
};
