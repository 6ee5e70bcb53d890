/** A job for the worker thread that reads the parts of keys: a key of many files has many. */
import { registerJobs } from '../../kernel/jobs.ts';
import type { NearestAsked } from './nearest.ts';

registerJobs({
  'build-nearest': async (asked: NearestAsked) => (await import('./nearest.ts')).nearestOf(asked),
});
