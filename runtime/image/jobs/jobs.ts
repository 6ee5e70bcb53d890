/**
 * The long jobs of images. The worker imports this and runs them; layers.ts imports it for a daemon that has to run
 * them itself.
 */
import { registerJobs } from '../../kernel/jobs.ts';

/** Each module is loaded at its first use, so that the worker starts fast. */
registerJobs({
  unpack: async (input) => (await import('../layer/unpack.ts')).unpackLayer(input),
  compress: async (input) => (await import('../layer/compress.ts')).compressLayer(input),
  sync: async (input) => (await import('../layer/sync.ts')).syncFilesystem(input),
  practice: async (input) => (await import('../practice/build.ts')).buildPractice(input),
});
