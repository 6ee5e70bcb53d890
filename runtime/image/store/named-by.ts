/** Which images a name means where it may mean several: `save` and `push`. */
import { notFound } from '../../errors/api-error.ts';
import type { Image } from '../manifest/image.ts';
import { canonicalName, parseReference, type Reference } from '../manifest/reference.ts';
import type { ImageStore } from './store.ts';

export interface Named {
  image: Image;
  /** with its tag; absent when the image was named by an id or a digest */
  reference?: Reference;
}

/** All tags of the repository, sorted. */
export function tagsOf(images: ImageStore, { domain, path }: Reference): Named[] {
  return [...images.names()].sort().flatMap(([name, id]) => {
    const reference = parseReference(name);
    const image = images.find(id);
    if (!image || !reference.tag || reference.domain !== domain || reference.path !== path) return [];
    return [{ image, reference: { domain, path, tag: reference.tag } }];
  });
}

function parsed(name: string): Reference | undefined {
  try {
    return parseReference(name);
  } catch {
    return undefined; // an id
  }
}

/** The repository's name means all its tags. Throws ApiError 404 in dockerd's words. */
export function namedBy(images: ImageStore, name: string): Named[] {
  const reference = parsed(name);
  if (reference && !reference.tag && !reference.digest) {
    const all = tagsOf(images, reference);
    if (all.length) return all;
  }
  if (!reference?.tag || reference.digest) return [{ image: the(images, name) }];
  const { domain, path, tag } = reference;
  const image = images.find(canonicalName({ domain, path, tag }));
  return [image ? { image, reference: { domain, path, tag } } : { image: the(images, name) }];
}

function the(images: ImageStore, name: string): Image {
  const image = images.find(name);
  if (!image) throw notFound('reference does not exist');
  return image;
}
