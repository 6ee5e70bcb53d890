/** Makes an image of what an instruction changed: the layer's archive, its tree, the config with its history. */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createWriteStream, rmSync } from 'node:fs';
import { finished } from 'node:stream/promises';
import { join } from 'node:path';
import { chainIDs } from '../image/manifest/digest.ts';
import type { Image, ImageConfig } from '../image/manifest/image.ts';
import { hostPlatform } from '../image/manifest/platform.ts';
import type { Kernel } from '../kernel/kernel.ts';
import type { BuildContext, Prepared, StageState } from './build.ts';

/** An archive without entries is two blocks of zeros; then the instruction has no layer. */
const EMPTY = 1024;

interface Written {
  file: string;
  diffID: string;
  size: number;
}

/** Writes the archive into a file and hashes it on the way. */
async function writeArchive(file: string, parts: AsyncIterable<Uint8Array>): Promise<Written> {
  const hash = createHash('sha256');
  const out = createWriteStream(file, { mode: 0o600 });
  let size = 0;
  try {
    for await (const part of parts) {
      hash.update(part);
      size += part.length;
      if (!out.write(part)) await once(out, 'drain');
    }
    out.end();
    await finished(out);
  } finally {
    out.destroy();
  }
  return { file, diffID: `sha256:${hash.digest('hex')}`, size };
}

/** The config of an image without a layer. */
function blank(): ImageConfig {
  const { architecture, os, variant } = hostPlatform();
  return { architecture, os, ...(variant && { variant }), rootfs: { type: 'layers', diff_ids: [] } };
}

/** Stores the image. `parts` is absent for an instruction that changes no file. */
export async function commitImage(
  k: Kernel,
  c: BuildContext,
  stage: StageState,
  { createdBy, config }: Prepared,
  parts?: AsyncIterable<Uint8Array>,
): Promise<Image> {
  const below = stage.image?.config ?? blank();
  const diffIDs = [...below.rootfs.diff_ids];
  const file = join(c.dir, 'layer.tar');
  const layer = parts && (await writeArchive(file, parts));
  const hasLayer = layer !== undefined && layer.size > EMPTY;
  try {
    if (hasLayer) {
      diffIDs.push(layer.diffID);
      const chainID = chainIDs(diffIDs).at(-1)!;
      c.lease.hold(...chainIDs(diffIDs));
      const request = { blob: file, blobSize: layer.size, diffID: layer.diffID, chainID };
      await c.runtime.images.layers.unpack(k, request, () => undefined, c.signal);
    }
  } finally {
    rmSync(file, { force: true });
  }
  const created = new Date().toISOString();
  const entry = { created, created_by: createdBy, ...(!hasLayer && { empty_layer: true }) };
  const made: ImageConfig = {
    ...below,
    created,
    config,
    rootfs: { type: 'layers', diff_ids: diffIDs },
    history: [...(below.history ?? []), entry],
  };
  return c.runtime.images.commit({ config: Buffer.from(JSON.stringify(made)), names: [] });
}
