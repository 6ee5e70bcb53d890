/** Finds the archive of a layer among the blobs: compressed as it was pulled, or as it was made here. */
import type { Image } from '../manifest/image.ts';
import type { ImageRecord } from './image-list.ts';
import type { ImageStore } from './store.ts';

export type LayerBlob = ImageRecord['blobs'][number];

/**
 * The blob of the layer with this diffID; undefined when it was not kept. An image's own blob may be missing: when its
 * layer came with another image, which had it in another compression, it was not fetched.
 */
export function blobOf(images: ImageStore, diffID: string, preferred?: Image): LayerBlob | undefined {
  for (const image of [...(preferred ? [preferred] : []), ...images.list()]) {
    const blobs = images.record(image.id)?.blobs ?? [];
    if (blobs.length !== image.layers.length) continue;
    const at = image.layers.findIndex((layer) => layer.diffID === diffID);
    const blob = at < 0 ? undefined : blobs[at];
    if (blob && images.blobs.has(blob.digest)) return blob;
  }
  return undefined;
}
