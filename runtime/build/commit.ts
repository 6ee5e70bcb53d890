/** Makes an image of what an instruction changed: the layer's archive, its tree, the config with its history. */
import type { LayerFile } from '../image/layer/layer-file.ts';
import { childConfig } from '../image/manifest/child-config.ts';
import type { Image } from '../image/manifest/image.ts';
import { isEmptyLayer, unpackBlob, writeBlob } from '../image/store/new-layer.ts';
import type { Kernel } from '../kernel/kernel.ts';
import type { BuildContext, Prepared, StageState } from './build.ts';

/** Keeps the image and its files until the build has ended, whatever is removed meanwhile. */
export function keepImage({ lease, runtime: { images } }: BuildContext, { id, layers }: Image): void {
  const blobs = images.record(id)?.blobs ?? [];
  lease.hold(id, ...layers.map(({ chainID }) => chainID), ...blobs.map(({ digest }) => digest));
}

/** Stores the image. `write` writes the layer's archive; it is absent for an instruction that changes no file. */
export async function commitImage(
  k: Kernel,
  c: BuildContext,
  stage: StageState,
  { createdBy, config, author }: Prepared,
  write?: (path: string) => Promise<LayerFile>,
): Promise<Image> {
  const { images } = c.runtime;
  const below = stage.image?.config;
  const blobs = stage.image ? (images.record(stage.image.id)?.blobs ?? []) : [];
  const file = write && (await writeBlob(images, c.lease, write));
  const diffIDs = below?.rootfs.diff_ids ?? [];
  const blob = file && !isEmptyLayer(file) && (await unpackBlob(k, images, c.lease, diffIDs, file, c.signal));
  const child = childConfig(below, {
    config,
    createdBy,
    created: new Date().toISOString(),
    author: author ?? below?.author,
    ...(blob && { diffID: blob.digest }),
  });
  const all = [...blobs, ...(blob ? [blob] : [])];
  const image = images.commit({ config: Buffer.from(JSON.stringify(child)), blobs: all, names: [] });
  keepImage(c, image);
  return image;
}
