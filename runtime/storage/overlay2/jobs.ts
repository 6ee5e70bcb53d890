/** What is asked of a whole upper directory, whose size the container decides: jobs of a worker's thread. */
import { registerJobs } from '../../kernel/jobs.ts';
import type { ChangesInput } from './changes.ts';

/** Loaded when first asked for, so that the worker starts fast. */
const [telling, tars] = [() => import('../tree/tell-changes.ts'), () => import('../tree/tar-tree.ts')];

async function visitOf(input: ChangesInput) {
  const { visitChanges } = await import('./changes.ts');
  return (visitor: Parameters<typeof visitChanges>[1]) => visitChanges(input, visitor);
}

registerJobs(
  {
    'overlay2-changes': async (input: ChangesInput, tell) => (await telling()).tellChanges(await visitOf(input), tell),
    'overlay2-diff': async (input: ChangesInput, tell) => (await tars()).tarOfChanges(await visitOf(input), tell),
    'overlay2-size': async (path: string) => (await import('./size.ts')).sizeOfFiles(path),
  },
  'trees',
);
