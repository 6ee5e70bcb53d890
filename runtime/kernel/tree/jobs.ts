/** Jobs on trees of any size, for the worker, and for a daemon without one. */
import { registerJobs } from '../jobs.ts';

registerJobs({ remove: async (path: string) => (await import('./remove-all.ts')).removeAll(path) }, 'trees');
