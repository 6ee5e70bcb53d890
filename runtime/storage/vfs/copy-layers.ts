/** The layers of an image as one tree of files. */
import { existsSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import type { Layer } from '../../image/manifest/image.ts';
import type { Kernel } from '../../kernel/kernel.ts';
import type { ImageMounts } from '../driver.ts';
import type { CopyInput, CopyResult } from '../tree/copy-tree.ts';
import '../tree/jobs.ts';

/** The tree's name until the copy is complete; then it is renamed. */
export const partialOf = (tree: string): string => `${tree}.partial`;

/** Copies the layers, unless the whole copy is there. An abort leaves a part of it at partialOf(tree). */
export async function copyLayers(
  k: Kernel,
  layers: readonly Layer[],
  tree: string,
  signal?: AbortSignal,
): Promise<void> {
  if (existsSync(tree)) return;
  const control = new BigInt64Array(new SharedArrayBuffer(16));
  const stop = () => void Atomics.store(control, 1, 1n);
  const input: CopyInput = {
    layers: layers.map(({ dir }) => dir).reverse(),
    whiteouts: 'files',
    target: partialOf(tree),
    control: control.buffer as SharedArrayBuffer,
  };
  signal?.throwIfAborted();
  signal?.addEventListener('abort', stop);
  try {
    await k.removeTree(input.target);
    await k.job<CopyResult>('vfs-copy', input);
    renameSync(input.target, tree);
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  } finally {
    signal?.removeEventListener('abort', stop);
  }
}

/** An image in a container, beside its root: a copy of its own. */
export const imageMounts: ImageMounts = {
  mount: (k, { layers }, dir, signal) => copyLayers(k, layers, join(dir, 'tree'), signal),
  undo: (k, dir) => k.removeTree(partialOf(join(dir, 'tree'))),
};
