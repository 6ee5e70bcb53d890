/** Jobs for the worker thread that read a whole upper directory or all layers of an image: others decide their size. */
import { registerJobs } from '../../kernel/jobs.ts';
import type { ChangesInput } from './changes.ts';

/** Each module is loaded at its first use, so that the worker starts fast. */
const [telling, tars] = [() => import('../tree/tell-changes.ts'), () => import('../tree/tar-tree.ts')];

async function visitOf(input: ChangesInput) {
  const { visitChanges } = await import('./changes.ts');
  return (visitor: Parameters<typeof visitChanges>[1]) => visitChanges(input, visitor);
}

registerJobs(
  {
    'overlay2-changes': async (input: ChangesInput, tell) => (await telling()).tellChanges(await visitOf(input), tell),
    'overlay2-diff': async (input: ChangesInput, tell) => (await tars()).tarOfChanges(await visitOf(input), tell),
    'overlay2-image': async (dirs: readonly string[]) => (await import('./image-files.ts')).filesOfImage(dirs),
    'overlay2-size': async (path: string) => (await import('./size.ts')).sizeOfFiles(path),
  },
  'trees',
);
registerJobs({
  'overlay2-layer': async ({ path, ...input }: ChangesInput & { path: string }) => {
    const { writeLayerFile } = await import('../../image/layer/layer-file.ts');
    const [{ tarOfChanges }, visit] = [await tars(), await visitOf(input)];
    return writeLayerFile(path, (emit) => tarOfChanges(visit, emit));
  },
});
