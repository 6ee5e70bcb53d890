/** vfs: each container has a copy of its image. It is slow and large, but works on every file system. */
import { existsSync } from 'node:fs';
import { basename } from 'node:path';
import { jobParts, runJob } from '../../kernel/jobs.ts';
import { ownTreeOf } from '../../kernel/process/inspect.ts';
import type { LayerFile } from '../../image/layer/layer-file.ts';
import { mountPoints, type Change, type RwLayer, type StorageDriver } from '../driver.ts';
import '../tree/jobs.ts';
import type { TreeInput } from '../tree/tar-tree.ts';
import type { CompareInput } from './changes.ts';
import { imageMounts } from './copy-layers.ts';
import './jobs.ts';
import { mount, prepare, remove } from './steps.ts';

/** By tree: clients that ask at the same time share one walk. */
const sizes = new Map<string, Promise<number>>();

const inputOf = (layer: RwLayer): CompareInput => ({
  tree: layer.paths.rootfs,
  layers: (layer.image?.layers ?? []).map(({ dir }) => dir).reverse(),
  mountPoints: [...mountPoints(layer)],
});

export const vfs: StorageDriver = {
  name: 'vfs',
  whiteouts: 'files',
  prepare,
  mount,
  remove,
  images: imageMounts,

  // a run leaves nothing beside the tree
  afterRun: async () => undefined,

  inspect: ({ paths }) => [ownTreeOf(paths.rootfs)],

  changes: (layer) => jobParts<Change[]>('vfs-changes', inputOf(layer)),
  diff: (layer) => jobParts<Uint8Array>('vfs-diff', inputOf(layer)),

  layerFile: (k, layer, path) => k.job<LayerFile>('vfs-layer', { ...inputOf(layer), path }),

  exported(layer) {
    const { tree, layers } = inputOf(layer);
    // In the container's own tree .wh.NAME is an ordinary file. The tree does not exist before the first start.
    const input: TreeInput = existsSync(tree)
      ? { trees: [tree], whiteouts: 'overlayfs' }
      : { trees: layers, whiteouts: 'files' };
    return jobParts<Uint8Array>('export-tree', input);
  },

  size(layer) {
    const key = layer.paths.rootfs;
    const known = sizes.get(key);
    if (known) return known;
    const size = (runJob('vfs-size', inputOf(layer)) as Promise<number>).finally(() => sizes.delete(key));
    sizes.set(key, size);
    return size;
  },

  // the field "root" of mountinfo, the mounted directory in its file system, ends with this
  mountMark: ({ dir, rootfs }) => `/${basename(dir)}/${basename(rootfs)} `,

  // like dockerd's vfs, it has no status
  status: () => null,
  graphData: () => ({ Name: 'vfs', Data: null }),
  imageGraphData: () => ({ Name: 'vfs', Data: null }),
};
