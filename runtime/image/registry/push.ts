/** What a push asks of a registry, beside the bytes of blobs: OCI distribution spec, "Push". */
import { ApiError } from '../../errors/api-error.ts';
import { sha256 } from '../manifest/digest.ts';
import type { RegistryClient } from './client.ts';
import { discard } from './http-body.ts';
import { RegistryError } from './registry-error.ts';

const repository = (client: RegistryClient): string => `${client.base}/v2/${client.path}`;

/** Whether the registry has the blob in this repository. */
export async function hasBlob(client: RegistryClient, digest: string): Promise<boolean> {
  try {
    discard(await client.request(`${repository(client)}/blobs/${digest}`, { method: 'HEAD' }));
    return true;
  } catch (error) {
    if (error instanceof RegistryError && error.status === 404) return false;
    throw error;
  }
}

/** The address of an upload that an answer names. Throws ApiError 500 when it names none. */
export function locationOf(client: RegistryClient, headers: ReadonlyMap<string, string>, at: string): string {
  const location = headers.get('location') ?? '';
  const url = location && URL.canParse(location, at) ? new URL(location, at) : undefined;
  const allowed = client.base.startsWith('https:') ? ['https:'] : ['https:', 'http:'];
  if (!url || !allowed.includes(url.protocol))
    throw new ApiError(
      500,
      `${client.base} names no usable place for an upload: ${JSON.stringify(location.slice(0, 200))}`,
    );
  return url.href;
}

/**
 * Asks for the blob of another repository of the same registry. Returns undefined when it was mounted, or else the
 * address of an upload, which the registry has begun instead.
 */
export async function mount(client: RegistryClient, digest: string, from: string): Promise<string | undefined> {
  const at = `${repository(client)}/blobs/uploads/`;
  const query = new URLSearchParams({ mount: digest, from });
  const response = await client.request(`${at}?${query}`, { method: 'POST', body: '', from });
  discard(response);
  return response.status === 201 ? undefined : locationOf(client, response.headers, at);
}

export async function beginUpload(client: RegistryClient): Promise<string> {
  const at = `${repository(client)}/blobs/uploads/`;
  const response = await client.request(at, { method: 'POST', body: '' });
  discard(response);
  return locationOf(client, response.headers, at);
}

/** Stores the manifest under the tag. Throws ApiError when the registry says another digest for it. */
export async function putManifest(
  client: RegistryClient,
  tag: string,
  bytes: Buffer,
  mediaType: string,
): Promise<string> {
  const digest = sha256(bytes);
  const response = await client.request(`${repository(client)}/manifests/${tag}`, {
    method: 'PUT',
    headers: { 'Content-Type': mediaType },
    body: bytes,
  });
  discard(response);
  const told = response.headers.get('docker-content-digest');
  if (told && told !== digest)
    throw new ApiError(500, `${client.base} stored the manifest ${digest} as ${JSON.stringify(told.slice(0, 100))}`);
  return digest;
}
