/** Jobs for the worker thread that read whole trees of vfs. */
import { registerJobs } from '../../kernel/jobs.ts';
import type { CompareInput } from './changes.ts';
import type { CopyInput } from '../tree/copy-tree.ts';

/** Each module is loaded at its first use, so that the worker starts fast. */
const [telling, tars] = [() => import('../tree/tell-changes.ts'), () => import('../tree/tar-tree.ts')];

async function visitOf(input: CompareInput) {
  const { visitChanges } = await import('./changes.ts');
  return (visitor: Parameters<typeof visitChanges>[1]) => visitChanges(input, visitor);
}

registerJobs(
  {
    'vfs-changes': async (input: CompareInput, tell) => (await telling()).tellChanges(await visitOf(input), tell),
    'vfs-diff': async (input: CompareInput, tell) => (await tars()).tarOfChanges(await visitOf(input), tell),
    'vfs-size': async (input: CompareInput) => (await telling()).sizeOfChanges(await visitOf(input)),
  },
  'trees',
);
registerJobs({
  'vfs-copy': async (input: CopyInput) => (await import('../tree/copy-tree.ts')).copyTree(input),
  'vfs-layer': async ({ path, ...input }: CompareInput & { path: string }) => {
    const { writeLayerFile } = await import('../../image/layer/layer-file.ts');
    const [{ tarOfChanges }, visit] = [await tars(), await visitOf(input)];
    return writeLayerFile(path, (emit) => tarOfChanges(visit, emit));
  },
});
