/** Jobs over trees of any size, for the worker, and for a daemon that has to do them itself. */
import { registerJobs } from '../jobs.ts';

registerJobs({ remove: async (path: string) => (await import('./remove-all.ts')).removeAll(path) }, 'trees');
