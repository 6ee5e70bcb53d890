/** The job that reads the sockets of a network namespace: it reads the descriptors of every process of the machine. */
import { registerJobs } from '../../kernel/jobs.ts';

registerJobs(
  { 'why-listeners': async (asked: never) => (await import('./listeners.ts')).findListeners(asked) },
  'trees',
);
