/** Takes one layer of an archive into the store: its blob, and its tree. */
import { ApiError } from '../../../errors/api-error.ts';
import type { ArchivedImage } from '../../../image/archive/archived-image.ts';
import type { VerifyInput } from '../../../image/archive/verify.ts';
import { chainIDs, shortOf } from '../../../image/manifest/digest.ts';
import type { PullProgress } from '../../../image/pull.ts';
import { blobOf, type LayerBlob } from '../../../image/store/layer-blobs.ts';
import type { Lease } from '../../../image/store/lease.ts';
import type { ImageStore } from '../../../image/store/store.ts';
import type { Kernel } from '../../../kernel/kernel.ts';

export interface Taking {
  readonly images: ImageStore;
  readonly lease: Lease;
  progress(line: PullProgress): void;
  readonly signal?: AbortSignal;
}

/** A blob whose layer is unpacked already, or is being unpacked from another blob, has not been looked into. */
async function verify(k: Kernel, { signal }: Taking, blob: string, diffID: string): Promise<void> {
  const control = new SharedArrayBuffer(4);
  const stop = () => void Atomics.store(new Int32Array(control), 0, 1);
  signal?.addEventListener('abort', stop);
  try {
    await k.job<void>('images-verify', { blob, diffID, control } satisfies VerifyInput);
  } finally {
    signal?.removeEventListener('abort', stop);
  }
}

/**
 * `below` are the diffIDs up to this layer, the lowest first. `own`: the image came with a manifest, which names this
 * very blob. A blob is proven by unpacking it; where the store has the layer, its own blob is taken instead, and a new
 * one is checked before anything refers to it.
 */
export async function keepLayer(
  k: Kernel,
  c: Taking,
  layer: ArchivedImage['layers'][number],
  below: readonly string[],
  own: boolean,
): Promise<LayerBlob> {
  const { images, lease, signal } = c;
  const [diffID, chainID] = [below.at(-1)!, chainIDs(below).at(-1)!];
  lease.hold(chainID);
  const there = own && !images.layers.get(chainID) ? undefined : blobOf(images, diffID);
  const { digest, size, mediaType } = there ?? layer;
  lease.hold(digest);
  if (!there) await images.blobs.adopt(layer.path, digest);
  const blob = images.blobs.path(digest);
  const tell = (current: number) => c.progress({ id: shortOf(diffID), status: 'Loading layer', current, total: size });
  try {
    if (!there && images.layers.has(chainID)) await verify(k, c, blob, diffID);
    await images.layers.unpack(k, { blob, blobSize: size, diffID, chainID }, tell, signal);
  } catch (error) {
    signal?.throwIfAborted();
    const why = error instanceof Error ? error.message : String(error);
    throw new ApiError(500, `failed to register layer ${shortOf(diffID)}: ${why}`, { cause: error });
  }
  return { digest, size, mediaType };
}
