/** What is asked of a whole upper directory, whose size the container decides: jobs of a worker's thread. */
import { registerJobs } from '../../kernel/jobs.ts';
import type { ChangesInput } from './changes.ts';

registerJobs(
  {
    changes: async (input: ChangesInput, tell) => (await import('./changes.ts')).tellChanges(input, tell),
    size: async (path: string) => (await import('./changes.ts')).sizeOfFiles(path),
  },
  'trees',
);
