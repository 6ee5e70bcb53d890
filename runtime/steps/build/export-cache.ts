/** `--cache-to type=registry` and `type=local`: what this build has made or found, for builds on other machines. */
import type { BuildContext, StageState } from '../../build/build.ts';
import { configOf, manifestOf, type CacheChain, type CacheRecord } from '../../build/remote-cache/format.ts';
import type { CacheTarget } from '../../build/remote-cache/site.ts';
import { sha256 } from '../../image/manifest/digest.ts';
import type { Image } from '../../image/manifest/image.ts';
import { packedLayer, storedLayer } from '../../image/store/packed-layer.ts';
import type { Kernel } from '../../kernel/kernel.ts';
import type { BuildStep } from './template.ts';

/** The instructions of the stage, with the layers that they made. */
async function chainOf(
  k: Kernel,
  c: BuildContext,
  { chain: { base, made } }: StageState,
  { isCompressed }: CacheTarget,
): Promise<CacheChain> {
  const { images } = c.runtime;
  const records: CacheRecord[] = [];
  let below: Image | undefined = images.find(base);
  for (const { key, image: id } of made) {
    c.signal.throwIfAborted();
    const image = images.find(id);
    if (!image) break;
    const { diffID } = image.layers[below?.layers.length ?? 0] ?? {};
    const created = image.config.history?.at(-1)?.created ?? '';
    const from = { images, image, lease: c.lease };
    const blob = diffID && (isCompressed ? await packedLayer(k, from, diffID) : storedLayer(from, diffID));
    records.push({ key, created, ...(blob && { layer: { ...blob, diffID } }) });
    below = image;
  }
  return { base, records };
}

async function exportTo(k: Kernel, c: BuildContext, target: CacheTarget): Promise<void> {
  const { images } = c.runtime;
  const stages = target.isMax ? c.stages : c.stages.slice(-1);
  const chains: CacheChain[] = [];
  for (const stage of stages) if (stage.chain.made.length) chains.push(await chainOf(k, c, stage, target));
  const { bytes, layers } = configOf(chains);
  const config = { digest: sha256(bytes), size: bytes.length };
  c.lease.hold(config.digest);
  images.blobs.put(bytes);
  const site = 'site' in target.at ? target.at.site : await c.runtime.cacheSite(k, target.at.reference, true);
  for (const { digest, size } of [...layers, config]) await site.put({ digest, size, path: images.blobs.path(digest) });
  const manifest = manifestOf(config, layers, target.isManifest);
  await site.finish(manifest);
  const count = chains.reduce((sum, { records }) => sum + records.length, 0);
  k.fact(
    { kind: 'file', key: target.name, value: `${count} instructions, ${layers.length} layers` },
    { kind: 'file', key: 'manifest', value: sha256(manifest.bytes) },
  );
}

export const exportCache: BuildStep = {
  id: 'build.export-cache',
  title: 'Write the cache to elsewhere',
  explain: `A cache outside of this machine has a list of records: the key of an instruction, the record of what is below it, and the layer that it made. A build on another machine that has the same base image and the same keys fetches the layers instead of doing the work. \`mode=min\` writes the stage of the result, \`mode=max\` all stages.
The blobs come first and the manifest last, so there never is half a cache. What \`--secret\` and cache mounts held is in no layer and thus not in it. See the BuildKit documentation, "Cache storage backends", and the OCI image specification, "Image Manifest".`,
  when: (c) => (c.asked.cacheTo?.length ?? 0) > 0,
  async do(k, c) {
    for (const target of c.asked.cacheTo!) {
      const ended = c.asked.exports?.(target.name);
      try {
        await exportTo(k, c, target);
        ended?.();
      } catch (error) {
        ended?.((error as Error).message);
        c.signal.throwIfAborted();
        if (!target.isOptional) throw error;
      }
    }
  },
};
