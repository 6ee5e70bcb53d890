/** The job that archives everything that a container sees, for every driver. */
import { registerJobs } from '../../kernel/jobs.ts';
import type { TreeInput } from './tar-tree.ts';

registerJobs(
  { 'export-tree': async (input: TreeInput, tell) => (await import('./tar-tree.ts')).tarOfTree(input, tell) },
  'trees',
);
