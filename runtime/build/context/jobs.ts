/** Jobs for the worker thread that read the files of a build's context. */
import { registerJobs } from '../../kernel/jobs.ts';
import { writeLayerFile } from '../../image/layer/layer-file.ts';
import type { ArchiveInput, Source } from './sources.ts';

registerJobs({
  'build-digest': async ({ sources, add }: { sources: Source[]; add: boolean }) =>
    (await import('./sources.ts')).digestSources(sources, add),
  'build-file-digest': async (path: string) => (await import('./sources.ts')).digestFile(path),
  'build-names': async (input: { dir: string; most: number }, tell) =>
    (await import('./names-in.ts')).namesIn(input, tell),
  'build-remove': async ({ dir, paths }: { dir: string; paths: string[] }) =>
    (await import('./remove-ignored.ts')).removePaths(dir, paths),
  'build-find': async (sources: Source[]) => (await import('./sources.ts')).findSources(sources),
  'build-archive': async (input: ArchiveInput, tell) => (await import('./sources.ts')).archiveSources(input, tell),
  'build-layer': async ({ path, ...input }: ArchiveInput & { path: string }) => {
    const { archiveSources } = await import('./sources.ts');
    return writeLayerFile(path, (emit) => archiveSources(input, emit));
  },
});
