/** The request for a rerun: the same as another container's, with its origin in labels. */
import type { Container } from './container.ts';
import type { BundleOptions } from './bundle-request.ts';
import type { ContainerRequest } from '../request/container-request.ts';

export const RERUN_OF = 'drydock.again-of';
export const RERUN_AT = 'drydock.again-at';

type Original = Pick<Container, 'id' | 'request'>;

const labelsOf = ({ id, request }: Original, at: string): Record<string, string> => ({
  ...request.Labels,
  [RERUN_OF]: id,
  [RERUN_AT]: at,
});

/** The new container is not removed at its end, even when the other one had --rm, because both are to be compared. */
export function rerunOf(original: Original, at: string): ContainerRequest {
  const copy = structuredClone(original.request);
  return { ...copy, Labels: labelsOf(original, at), HostConfig: { ...copy.HostConfig, AutoRemove: false } };
}

/** The same for a container that was made from a bundle: the bundle is read again, as it is now. */
export const bundleRerunOf = (original: Original, at: string): BundleOptions => ({
  stdin: original.request.OpenStdin === true,
  labels: labelsOf(original, at),
});
