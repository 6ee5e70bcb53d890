/** Which known instruction is the nearest to one that missed the cache, and what is different from it. */
import { differences, KeyPartsStore, type KeyParts } from './key-parts.ts';

export interface NearestAsked {
  /** the data root */
  root: string;
  /** images that were made on the same parent */
  images: readonly string[];
  own: KeyParts;
}

const keyword = (parts: KeyParts): string | undefined => parts['the instruction']?.split(/\s/, 1)[0];

/** The differences from the one that has the fewest, or undefined when none has the same keyword. */
export function nearestOf({ root, images, own }: NearestAsked): string[] | undefined {
  const store = new KeyPartsStore(root);
  const all = images.flatMap((image) => {
    const parts = store.read(image);
    return parts && keyword(parts) === keyword(own) ? [differences(parts, own)] : [];
  });
  return all.sort((one, other) => one.length - other.length)[0];
}
