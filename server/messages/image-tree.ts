/**
 * An image as a Merkle tree: each node is named by the hash of its bytes, and holds the names of those below it.
 *
 *   tag → index → manifest → config → layers (diffID)
 *                          → layers as they travel (the digest of the compressed archive)
 */
import { notFound } from '../../runtime/errors/api-error.ts';
import type { Image } from '../../runtime/image/manifest/image.ts';
import type { Images } from '../../runtime/engine/engine.ts';

export interface TreeLayer {
  /** the hash of the uncompressed archive */
  diffID: string;
  /** names the stack of layers up to this one; two images share a layer when this is the same */
  chainID: string;
  /** bytes of its files */
  size: number;
  /** as it travels; absent when the image was not kept in that form */
  blob?: { digest: string; size: number };
  /** what made it, of the history */
  by: string;
  /** other images with a name that stand on it */
  shared: readonly string[];
  /** how many more there are */
  more: number;
}
export interface ImageTree {
  id: string;
  tags: readonly string[];
  /** the digest of an index, when the image came by one */
  index?: string;
  manifest?: string;
  size: number;
  /** the lowest first */
  layers: readonly TreeLayer[];
  /** instructions of the history without a layer */
  withoutLayer: readonly string[];
}

const NAMES_MOST = 8;
const SHARED_MOST = 6;
const TEXT_MOST = 400;
const STEPS_MOST = 60;

/** Undefined for an image that only the build cache knows. */
const nameOf = ({ tags, digests }: Image): string | undefined =>
  [...tags].sort((one, other) => one.length - other.length)[0] ?? digests[0];

/** Images share layers from the lowest on, so the comparison ends at the first that differs. */
function sharedWith(images: readonly Image[], image: Image): string[][] {
  const names = image.layers.map((): string[] => []);
  for (const other of images) {
    const name = nameOf(other);
    if (other.id === image.id || name === undefined) continue;
    for (let at = 0; at < names.length && other.layers[at]?.chainID === image.layers[at]!.chainID; at++)
      names[at]!.push(name);
  }
  return names;
}

/** Throws ApiError 404. */
export function imageTree(images: Images, ref: string): ImageTree {
  const image = images.find(ref);
  if (!image) throw notFound(`No such image: ${ref.slice(0, 200)}`);
  const { blobs = [], manifest } = images.record(image.id) ?? {};
  const history = image.config.history ?? [];
  const made = history.filter((one) => !one.empty_layer);
  // a base may have layers of which its history says nothing
  const silent = Math.max(0, image.layers.length - made.length);
  const hasAll = blobs.length === image.layers.length;
  const shared = sharedWith(images.list(), image);
  const index = image.digests.map((name) => name.slice(name.indexOf('@') + 1)).find((digest) => digest !== manifest);
  return {
    id: image.id,
    tags: image.tags.slice(0, NAMES_MOST),
    ...(index && manifest && { index }),
    ...(manifest && { manifest }),
    size: image.size,
    layers: image.layers.map(({ diffID, chainID, size }, at) => ({
      diffID,
      chainID,
      size,
      ...(hasAll && { blob: { digest: blobs[at]!.digest, size: blobs[at]!.size } }),
      by: (made[at - silent]?.created_by ?? '').slice(0, TEXT_MOST),
      shared: shared[at]!.slice(0, SHARED_MOST),
      more: Math.max(0, shared[at]!.length - SHARED_MOST),
    })),
    withoutLayer: history
      .filter((one) => one.empty_layer)
      .slice(-STEPS_MOST)
      .map(({ created_by: by = '' }) => by.slice(0, TEXT_MOST)),
  };
}
