/** A cache in a repository of a registry: `--cache-to type=registry,ref=…`. */
import type { Kernel } from '../../kernel/kernel.ts';
import type { Settings } from '../../data-root/settings.ts';
import { ApiError } from '../../errors/api-error.ts';
import { sha256 } from '../../image/manifest/digest.ts';
import { normalize, familiarName } from '../../image/manifest/reference.ts';
import type { RegistryAuth } from '../../image/registry/auth.ts';
import { RegistryClient } from '../../image/registry/client.ts';
import { storedCredentials } from '../../image/registry/credentials.ts';
import { endpointsOf } from '../../image/registry/endpoint.ts';
import { readAll } from '../../image/registry/http-body.ts';
import { hasBlob, putManifest } from '../../image/registry/push.ts';
import { upload } from '../../image/registry/upload.ts';
import type { CacheSite } from './site.ts';

/** In milliseconds, until the registry counts as unreachable. */
const PATIENCE_MS = 15_000;

export interface RegistryAsked {
  reference: string;
  /** of the client's session */
  auth?(domain: string): RegistryAuth | undefined | Promise<RegistryAuth | undefined>;
  /** whether a cache is to be written */
  writes: boolean;
  settings: Settings;
  signal: AbortSignal;
}

/** Asks the registry whether it is there. Throws ApiError. */
export async function registrySite(k: Kernel, asked: RegistryAsked): Promise<CacheSite> {
  const { settings, signal, writes } = asked;
  const reference = normalize(asked.reference);
  const { domain, path, tag, digest } = reference;
  if (writes && !tag) throw new ApiError(400, `a cache needs a tag: ${familiarName(reference)}`);
  const endpoint = endpointsOf(reference, settings).find(({ kind }) => kind === 'origin')!;
  const auth = (await asked.auth?.(domain)) ?? (await storedCredentials(domain));
  const client = new RegistryClient(k, endpoint, path, auth, signal, writes ? 'pull,push' : 'pull');
  await client.ping(PATIENCE_MS);
  await client.authorize();
  return {
    manifest: async () => (await client.manifest(digest ?? tag!)).bytes,
    async document(wanted, most) {
      const bytes = await readAll(await client.blob(wanted, 0), most, `the config of the cache ${asked.reference}`);
      const found = sha256(bytes);
      if (found !== wanted) throw new ApiError(500, `asked for the blob ${wanted}, the registry sent ${found}`);
      return bytes;
    },
    fetch: (blob, images) => images.blobs.fetch(client, blob, () => undefined, signal),
    async put(blob) {
      if (!(await hasBlob(client, blob.digest))) await upload(client, blob, undefined, () => undefined, signal);
    },
    finish: async ({ bytes, mediaType }) => void (await putManifest(client, tag!, bytes, mediaType)),
  };
}
