/** Run again from here: the same request as another container's, with where it comes from in its labels. */
import type { Container } from './container.ts';
import type { ContainerRequest } from '../request/container-request.ts';

export const AGAIN_OF = 'drydock.again-of';
export const AGAIN_AT = 'drydock.again-at';

/** It stays when it has ended, whatever the other does: both are to be looked at. */
export function againOf({ id, request }: Pick<Container, 'id' | 'request'>, at: string): ContainerRequest {
  const copy = structuredClone(request);
  const labels = { ...copy.Labels, [AGAIN_OF]: id, [AGAIN_AT]: at };
  return { ...copy, Labels: labels, HostConfig: { ...copy.HostConfig, AutoRemove: false } };
}
