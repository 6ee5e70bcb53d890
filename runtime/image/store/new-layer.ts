/**
 * Adds a layer that is made here to the store: first its archive as a blob, then its unpacked tree. Until an image
 * refers to them, the caller's lease keeps both. A daemon that dies in between leaves files that the next collection
 * removes.
 */
import { chainIDs } from '../manifest/digest.ts';
import { OCI_LAYER } from '../manifest/media-types.ts';
import type { Kernel } from '../../kernel/kernel.ts';
import type { LayerFile } from '../layer/layer-file.ts';
import type { ImageRecord } from './image-list.ts';
import type { Lease } from './lease.ts';
import type { ImageStore } from './store.ts';

/** The archive without entries, two blocks of zeros: dockerd adds no layer for it. */
const EMPTY = 'sha256:5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef';
export const isEmptyLayer = ({ digest }: LayerFile): boolean => digest === EMPTY;

/** `write` writes the archive into the file that it is given, which does not exist yet. */
export async function writeBlob(
  images: ImageStore,
  lease: Lease,
  write: (path: string) => Promise<LayerFile>,
): Promise<LayerFile> {
  return images.blobs.make(write, ({ digest }) => lease.hold(digest));
}

/** Unpacks the archive over the layers with the diffIDs `below`, the lowest first. Returns its entry for the record. */
export async function unpackBlob(
  k: Kernel,
  images: ImageStore,
  lease: Lease,
  below: readonly string[],
  { digest, size }: LayerFile,
  signal?: AbortSignal,
): Promise<ImageRecord['blobs'][number]> {
  const chainID = chainIDs([...below, digest]).at(-1)!;
  lease.hold(chainID);
  const request = { blob: images.blobs.path(digest), blobSize: size, diffID: digest, chainID };
  await images.layers.unpack(k, request, () => undefined, signal);
  return { digest, size, mediaType: OCI_LAYER };
}
