/** Results of other daemons: the caches that --cache-from names, and the keys that --cache-to type=inline writes. */
import { keyOf, partsOf } from '../../build/cache-key.ts';
import { keysIn, resultIn, withKeys } from '../../build/cache/inline.ts';
import { findIn, type CacheRecord } from '../../build/remote-cache/format.ts';
import { readCache } from '../../build/remote-cache/read.ts';
import type { CacheSite } from '../../build/remote-cache/site.ts';
import type { BuildContext, ImportSource, Prepared } from '../../build/build.ts';
import { keepImage } from '../../build/commit.ts';
import { childConfig } from '../../image/manifest/child-config.ts';
import { chainIDs } from '../../image/manifest/digest.ts';
import type { Image } from '../../image/manifest/image.ts';
import type { Kernel } from '../../kernel/kernel.ts';
import { stageOf } from './template.ts';

/** The caches that can be read. They are asked for once, when the own cache has missed. */
function sources(k: Kernel, c: BuildContext): Promise<readonly ImportSource[]> {
  const { cacheFrom = [], cacheSources = [] } = c.asked;
  return (c.importing.sources ??= Promise.all([
    ...cacheFrom.map((name) => told(c, name, () => sourceOf(k, c, name))),
    ...cacheSources.map(({ name, site }) => told(c, name, () => remote(k, name, site))),
  ]).then((found) => found.flat()));
}

/** As with BuildKit a build whose cache cannot be read goes on, and is right without it. */
async function told(
  c: BuildContext,
  name: string,
  open: () => Promise<ImportSource | undefined>,
): Promise<ImportSource[]> {
  const ended = c.asked.imports?.(name);
  try {
    const source = await open();
    ended?.(source ? undefined : 'not read: the image has no cache that Drydock wrote (--cache-to)');
    return source ? [source] : [];
  } catch (error) {
    ended?.(`not read: ${(error as Error).message}`);
    return [];
  }
}

/** An image of the store, a cache in a registry, or an image there. */
async function sourceOf(k: Kernel, c: BuildContext, name: string): Promise<ImportSource | undefined> {
  if (!c.runtime.images.find(name)) {
    // an image may come from a mirror, when its own registry does not answer
    const found = await c.runtime
      .cacheSite(k, name, false)
      .then((site) => remote(k, name, site))
      .catch(() => undefined);
    if (found) return found;
  }
  const image = await c.runtime.image(name, false);
  keepImage(c, image);
  const keys = keysIn(c.runtime.images.blobs.read(image.id));
  return keys.length ? inline(c, name, image, keys) : undefined;
}

function inline({ runtime: { images } }: BuildContext, name: string, image: Image, keys: string[]): ImportSource {
  const blobs = images.record(image.id)?.blobs ?? [];
  return {
    name,
    find(_k, c, key) {
      const result = resultIn(image.config, keys, stageOf(c).image?.config, key);
      const isWhole = blobs.length === image.layers.length;
      return Promise.resolve(result && isWhole ? { ...result, blobs: blobs.slice(0, result.layers) } : undefined);
    },
  };
}

async function remote(k: Kernel, name: string, site: CacheSite): Promise<ImportSource | undefined> {
  const records = await readCache(k, site);
  if (!records) return undefined;
  return {
    name,
    async find(kernel, c, key) {
      const { chain, image } = stageOf(c);
      const found = chain.isOver ? undefined : findIn(records, chain.base, [...chain.made.map((one) => one.key), key]);
      if (!found) return undefined;
      const blobs = image ? (c.runtime.images.record(image.id)?.blobs ?? []) : [];
      if (!found.layer) return { created: found.created, blobs };
      const { diffID, ...blob } = found.layer;
      try {
        await fetchLayer(kernel, c, site, found.layer);
      } catch (error) {
        c.signal.throwIfAborted();
        c.say.tell(`[Warning] --cache-from ${name}: ${(error as Error).message}\n`);
        return undefined;
      }
      return { created: found.created, diffID, blobs: [...blobs, blob] };
    },
  };
}

/** Unpacks a layer on those of the stage. Its digests are checked on the way. */
async function fetchLayer(
  k: Kernel,
  { lease, runtime: { images }, signal, stage }: BuildContext,
  site: CacheSite,
  { diffID, ...blob }: NonNullable<CacheRecord['layer']>,
): Promise<void> {
  const below = stage!.image?.config.rootfs.diff_ids ?? [];
  const chainID = chainIDs([...below, diffID]).at(-1)!;
  lease.hold(blob.digest, chainID);
  if (!images.blobs.has(blob.digest)) await site.fetch(blob, images);
  const request = { blob: images.blobs.path(blob.digest), blobSize: blob.size, diffID, chainID };
  await images.layers.unpack(k, request, () => undefined, signal);
}

/** The result of the instruction out of a cache of --cache-from; it is in the own cache from now on. */
export async function imported(k: Kernel, c: BuildContext, prepared: Prepared): Promise<Image | undefined> {
  if (!c.asked.cacheFrom?.length && !c.asked.cacheSources?.length) return undefined;
  const { images } = c.runtime;
  const below = stageOf(c).image;
  const key = keyOf(prepared);
  for (const { name, find } of await sources(k, c)) {
    const result = await find(k, c, key);
    if (!result) continue;
    const child = childConfig(below?.config, {
      config: prepared.config,
      createdBy: prepared.createdBy,
      created: result.created,
      author: prepared.author ?? below?.config.author,
      diffID: result.diffID,
    });
    const made = images.commit({ config: Buffer.from(JSON.stringify(child)), blobs: result.blobs, names: [] });
    keepImage(c, made);
    c.cache.add({ parent: below?.id ?? '', key, image: made.id }, partsOf(prepared));
    k.fact({ kind: 'file', key: 'imported from', value: name });
    c.say.tell(` ---> From the cache of ${name}\n`);
    return made;
  }
  return undefined;
}

/** The image with the keys of its instructions in its config. */
export function withInlineCache(c: BuildContext, image: Image): Image {
  const blobs = c.runtime.images.record(image.id)?.blobs ?? [];
  const config = withKeys(image.config, c.cache.keysTo(image.id));
  const made = c.runtime.images.commit({ config, blobs, names: [] });
  keepImage(c, made);
  return made;
}
