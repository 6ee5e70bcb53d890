/** The fields of docker's image events: Engine API, "Monitor events", image. */
import type { Image } from '../manifest/image.ts';
import { familiarName, familiarRepository, normalize, parseReference } from '../manifest/reference.ts';

/** 'busybox:latest' is the object; its labels and repository are the attributes. */
export function pullEvent({ config }: Image, reference: string): [id: string, attributes: Record<string, string>] {
  const ref = normalize(reference);
  return [familiarName(ref), { ...config.config?.Labels, name: familiarRepository(ref) }];
}

/** 'busybox:latest' → 'busybox', as a filter may name it. Text that is not a reference is returned unchanged. */
export function withoutTag(name: string): string {
  try {
    return familiarRepository(parseReference(name));
  } catch {
    return name;
  }
}
