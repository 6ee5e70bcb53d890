/**
 * The long jobs of images. This is imported by the worker, which does them, and by layers.ts, for a daemon that has to
 * do them itself.
 */
import { registerJobs } from '../../kernel/jobs.ts';

/** Loaded when first asked for, so that the worker starts fast. */
registerJobs({
  unpack: async (input) => (await import('../layer/unpack.ts')).unpackLayer(input),
  sync: async (input) => (await import('../layer/sync.ts')).syncFilesystem(input),
  practice: async (input) => (await import('../practice/build.ts')).buildPractice(input),
});
