/** What docker's event stream says of images: Engine API, "Monitor events", image. */
import type { Image } from '../manifest/image.ts';
import { familiarName, familiarRepository, normalize, parseReference } from '../manifest/reference.ts';

/** 'busybox:latest' as the object, and its labels and repository as attributes. */
export function pullEvent({ config }: Image, reference: string): [id: string, attributes: Record<string, string>] {
  const ref = normalize(reference);
  return [familiarName(ref), { ...config.config?.Labels, name: familiarRepository(ref) }];
}

/** 'busybox:latest' → 'busybox', as a filter may name it; what is no reference stays as it is. */
export function withoutTag(name: string): string {
  try {
    return familiarRepository(parseReference(name));
  } catch {
    return name;
  }
}
