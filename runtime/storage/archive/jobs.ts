/** Jobs for the worker thread that read and write files of a container. */
import { registerJobs } from '../../kernel/jobs.ts';
import type { PathInput } from './path-stat.ts';
import type { WriteInput } from './write.ts';

registerJobs(
  {
    'archive-stat': async (input: PathInput) => (await import('./path-stat.ts')).pathStat(input),
    'archive-target': async (input: PathInput) => (await import('./write.ts')).targetOf(input),
    'archive-read': async (input: PathInput, tell) => (await import('./read.ts')).readArchive(input, tell),
  },
  'trees',
);
registerJobs({ 'archive-write': async (input: WriteInput) => (await import('./write.ts')).writeArchive(input) });
