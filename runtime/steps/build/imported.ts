/** Results of other daemons: the images that --cache-from names, and the keys that --cache-to type=inline writes. */
import { keyOf, partsOf } from '../../build/cache-key.ts';
import { keysIn, resultIn, withKeys } from '../../build/cache/inline.ts';
import type { BuildContext, Prepared } from '../../build/build.ts';
import { keepImage } from '../../build/commit.ts';
import { childConfig } from '../../image/manifest/child-config.ts';
import type { Image } from '../../image/manifest/image.ts';
import type { Kernel } from '../../kernel/kernel.ts';
import { stageOf } from './template.ts';

/** The images that can be read, with their keys. They are asked for once, when the own cache has missed. */
function sources(c: BuildContext): Promise<(readonly [reference: string, image: Image, keys: string[]])[]> {
  const { cacheFrom = [] } = c.asked;
  return (c.importing.sources ??= Promise.all(
    cacheFrom.map(async (reference) => {
      const ended = c.asked.imports?.(reference);
      try {
        const image = await c.runtime.image(reference, false);
        keepImage(c, image);
        const keys = keysIn(c.runtime.images.blobs.read(image.id));
        ended?.(
          keys.length ? undefined : 'not read: the image has no cache that Drydock wrote (--cache-to type=inline)',
        );
        return keys.length ? [[reference, image, keys] as const] : [];
      } catch (error) {
        // as with BuildKit the build goes on, and is right without it
        ended?.(`not read: ${(error as Error).message}`);
        return [];
      }
    }),
  ).then((found) => found.flat()));
}

/** The result of the instruction out of an image of --cache-from; it is in the own cache from now on. */
export async function imported(k: Kernel, c: BuildContext, prepared: Prepared): Promise<Image | undefined> {
  if (!c.asked.cacheFrom?.length) return undefined;
  const { images } = c.runtime;
  const below = stageOf(c).image;
  const key = keyOf(prepared);
  for (const [reference, image, keys] of await sources(c)) {
    const result = resultIn(image.config, keys, below?.config, key);
    const blobs = images.record(image.id)?.blobs ?? [];
    if (!result || blobs.length !== image.layers.length) continue;
    const child = childConfig(below?.config, {
      config: prepared.config,
      createdBy: prepared.createdBy,
      created: result.created,
      author: prepared.author ?? below?.config.author,
      diffID: result.diffID,
    });
    const made = images.commit({
      config: Buffer.from(JSON.stringify(child)),
      blobs: blobs.slice(0, result.layers),
      names: [],
    });
    keepImage(c, made);
    c.cache.add({ parent: below?.id ?? '', key, image: made.id }, partsOf(prepared));
    k.fact({ kind: 'file', key: 'imported from', value: reference });
    c.say.tell(` ---> From the cache of ${reference}\n`);
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
