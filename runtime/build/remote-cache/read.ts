/** Reads a cache of elsewhere. Its documents are a stranger's, of a size that he decides: a worker parses them. */
import type { Kernel } from '../../kernel/kernel.ts';
import { ApiError } from '../../errors/api-error.ts';
import { MAX_MANIFEST } from '../../image/manifest/manifest.ts';
import './jobs.ts';
import { checkSize, CONFIG_MOST, type ReadManifest, type ReadRecords } from './format.ts';
import type { CacheSite } from './site.ts';

/** Undefined when the manifest is not that of a cache. Throws ApiError for what cannot be read. */
export async function readCache(k: Kernel, site: CacheSite): Promise<ReadRecords | undefined> {
  const bytes = await site.manifest();
  if (bytes.length > MAX_MANIFEST) throw new ApiError(500, `the manifest of the cache has ${bytes.length} bytes`);
  const manifest = await k.job<ReadManifest | undefined>('build-cache-manifest', bytes);
  if (!manifest) return undefined;
  checkSize(manifest);
  const config = await site.document(manifest.config.digest, CONFIG_MOST);
  return k.job<ReadRecords>('build-cache-config', { bytes: config, layers: manifest.layers });
}
