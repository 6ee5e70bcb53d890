/** overlay2: the kernel's overlayfs. Layers are shared by all containers, a container costs what it writes. */
import { dirname, join } from 'node:path';
import { jobParts, runJob } from '../../kernel/jobs.ts';
import { upperOf } from '../../kernel/process/inspect.ts';
import { mountPoints, type Change, type StorageDriver } from '../driver.ts';
import type { ChangesInput } from './changes.ts';
import './jobs.ts';
import { mount, prepare, remove } from './steps.ts';

/** By upper directory: clients that ask at the same time share one walk. */
const sizes = new Map<string, Promise<number>>();

const lowersOf = (image: Parameters<StorageDriver['imageGraphData']>[0] | undefined): string[] =>
  (image?.layers ?? []).map(({ dir }) => dir).reverse();

export const overlay2: StorageDriver = {
  name: 'overlay2',
  prepare,
  mount,
  remove,

  // overlayfs keeps whiteouts of deleted files in its scratch space
  afterRun: (k, { paths }) => k.removeTree(`${paths.work}/work`),

  inspect: ({ paths }) => [upperOf(paths.upper)],

  changes(layer) {
    const input: ChangesInput = {
      upper: layer.paths.upper,
      lowers: lowersOf(layer.image),
      mountPoints: [...mountPoints(layer)],
    };
    return jobParts<Change[]>('changes', input);
  },

  size({ paths: { upper } }) {
    const known = sizes.get(upper);
    if (known) return known;
    const size = (runJob('size', upper) as Promise<number>).finally(() => sizes.delete(upper));
    sizes.set(upper, size);
    return size;
  },

  mountMark: ({ upper }) => `upperdir=${upper},`,

  status: () => [['Backing filesystem', 'overlayfs over plain directories']],

  graphData: ({ id, paths, image }) => ({
    Name: 'overlay2',
    Data: {
      ID: id,
      MergedDir: paths.rootfs,
      UpperDir: paths.upper,
      WorkDir: paths.work,
      // overlayfs wants the uppermost first
      LowerDir: lowersOf(image).join(':'),
    },
  }),

  /** The folders beside a layer's `diff` are where dockerd would mount it. A single layer has no LowerDir. */
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
