/** The job that looks for the owner of a port: it reads the descriptors of every process of the machine. */
import { registerJobs } from '../../kernel/jobs.ts';

registerJobs({ 'port-holder': async (asked: never) => (await import('./find-holder.ts')).findHolder(asked) }, 'trees');
