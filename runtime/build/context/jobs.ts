/** Jobs for the worker thread that read the files of a build's context. */
import { registerJobs } from '../../kernel/jobs.ts';
import type { ArchiveInput, Source } from './sources.ts';

registerJobs({
  'build-digest': async (sources: Source[]) => (await import('./sources.ts')).digestSources(sources),
  'build-archive': async (input: ArchiveInput, tell) => (await import('./sources.ts')).archiveSources(input, tell),
});
