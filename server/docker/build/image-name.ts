import { badParameter } from '../../../runtime/errors/api-error.ts';
import { canonicalName, normalize } from '../../../runtime/image/manifest/reference.ts';

/** The whole name of an image that a build is to give. Throws ApiError 400. */
export function imageName(name: string): string {
  const reference = normalize(name);
  if (reference.digest) throw badParameter('build tag cannot contain a digest');
  return canonicalName(reference);
}
