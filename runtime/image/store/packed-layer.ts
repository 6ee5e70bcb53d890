/** The archive of a layer as a registry gets it: as it came from one, or the tar that was made here, compressed. */
import { ApiError } from '../../errors/api-error.ts';
import type { Kernel } from '../../kernel/kernel.ts';
import type { LayerFile } from '../layer/layer-file.ts';
import '../jobs/jobs.ts';
import { shortOf } from '../manifest/digest.ts';
import type { Image } from '../manifest/image.ts';
import { OCI_LAYER } from '../manifest/media-types.ts';
import { blobOf, type LayerBlob } from './layer-blobs.ts';
import type { Lease } from './lease.ts';
import type { ImageStore } from './store.ts';

interface From {
  images: ImageStore;
  image?: Image | undefined;
  lease: Lease;
}

/** The archive as it is stored, which the lease protects. Throws ApiError 500 when it was not kept. */
export function storedLayer({ images, image, lease }: From, diffID: string): LayerBlob {
  const blob = blobOf(images, diffID, image);
  if (!blob) throw new ApiError(500, `the archive of layer ${shortOf(diffID)} was not kept; pull the image again`);
  lease.hold(blob.digest);
  return blob;
}

export async function packedLayer(k: Kernel, from: From, diffID: string): Promise<LayerBlob> {
  const { images, lease } = from;
  const blob = storedLayer(from, diffID);
  if (blob.digest !== diffID) return blob;
  const source = images.blobs.path(blob.digest);
  const file = await images.blobs.make(
    (path) => k.job<LayerFile>('compress', { blob: source, path }),
    ({ digest }) => lease.hold(digest),
  );
  return { ...file, mediaType: `${OCI_LAYER}+gzip` };
}
