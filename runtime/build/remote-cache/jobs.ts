/** Jobs for the worker thread that parse the documents of a cache of elsewhere. */
import { registerJobs } from '../../kernel/jobs.ts';
import type { Descriptor } from '../../image/manifest/manifest.ts';

interface ConfigAsked {
  bytes: Uint8Array;
  /** those of the manifest */
  layers: Descriptor[];
}

registerJobs({
  'build-cache-manifest': async (bytes: Uint8Array) => (await import('./format.ts')).readManifest(Buffer.from(bytes)),
  'build-cache-config': async ({ bytes, layers }: ConfigAsked) =>
    (await import('./format.ts')).readConfig(Buffer.from(bytes), layers),
});
