/** What a registry says about a name: GET /distribution/{name}/json. Engine API, "Distribution". */
import { readConfig } from '../manifest/config.ts';
import { sha256 } from '../manifest/digest.ts';
import { readDocument, type Platform } from '../manifest/manifest.ts';
import { ApiError } from '../../errors/api-error.ts';
import type { RegistryClient } from './client.ts';
import { readAll } from './http-body.ts';

export interface Described {
  mediaType: string;
  digest: string;
  size: number;
  platforms: Platform[];
}

/** In bytes. */
const MOST_CONFIG = 8 << 20;

/** Throws RegistryError. */
export async function describe(client: RegistryClient, reference: string): Promise<Described> {
  const { bytes, digest, mediaType } = await client.manifest(reference);
  const document = readDocument(bytes, mediaType);
  const about = { mediaType: document.mediaType, digest, size: bytes.length };
  if (document.kind === 'index')
    return { ...about, platforms: document.manifests.flatMap(({ platform }) => platform ?? []) };
  const config = await readAll(await client.blob(document.config.digest, 0), MOST_CONFIG, 'the config');
  if (sha256(config) !== document.config.digest)
    throw new ApiError(500, `the registry sent another config than ${document.config.digest}`);
  const { os, architecture, variant } = readConfig(config);
  return { ...about, platforms: [{ os, architecture, ...(variant && { variant }) }] };
}
