/** The root of a container that was made from a bundle: no image, no layers, and no files of the container's own. */
import { basename, dirname } from 'node:path';
import { conflict } from '../../errors/api-error.ts';
import { jobParts, runJob } from '../../kernel/jobs.ts';
import { ownTreeOf } from '../../kernel/process/inspect.ts';
import { mountPoints, type RwLayer, type StorageDriver } from '../driver.ts';
import '../tree/jobs.ts';
import type { TreeInput } from '../tree/tar-tree.ts';
import type { CompareInput } from '../vfs/changes.ts';
import '../vfs/jobs.ts';
import { mount } from './steps.ts';

const rootOf = ({ bundle }: Pick<RwLayer, 'bundle'>): string => bundle?.root ?? '';
const nothingToCompare = ({ id }: RwLayer) =>
  conflict(`container ${id} was made from a bundle: it has no image, so that there are no changes`);

export const bundleRoot: StorageDriver = {
  name: 'bundle',
  whiteouts: 'files',
  prepare: [],
  mount,
  remove: [],
  images: {
    async mount() {
      throw new Error('a container that was made from a bundle has no images');
    },
    undo: async () => undefined,
  },

  // the mount was in a namespace that is gone, and its empty mount point stays for the next run
  afterRun: async () => undefined,

  inspect: (layer) => [ownTreeOf(rootOf(layer))],

  changes(layer) {
    throw nothingToCompare(layer);
  },
  diff(layer) {
    throw nothingToCompare(layer);
  },

  async layerFile(_k, layer) {
    throw nothingToCompare(layer);
  },

  exported(layer) {
    const input: TreeInput = { trees: [rootOf(layer)], whiteouts: 'overlayfs' };
    return jobParts<Uint8Array>('export-tree', input);
  },

  size(layer) {
    const input: CompareInput = { tree: rootOf(layer), layers: [], mountPoints: [...mountPoints(layer)] };
    return runJob('vfs-size', input) as Promise<number>;
  },

  // the field "mount point" of mountinfo ends with this
  mountMark: ({ rootfs }) => `/${basename(dirname(rootfs))}/${basename(rootfs)} `,

  status: () => null,
  graphData: (layer) => ({ Name: 'bundle', Data: { Root: rootOf(layer) } }),
  imageGraphData: () => ({ Name: 'bundle', Data: null }),
};
