/** The request for a rerun: the same as another container's, with its origin in labels. */
import type { Container } from './container.ts';
import type { ContainerRequest } from '../request/container-request.ts';

export const RERUN_OF = 'drydock.again-of';
export const RERUN_AT = 'drydock.again-at';

/** The new container is not removed at its end, even when the other one had --rm, because both are to be compared. */
export function rerunOf({ id, request }: Pick<Container, 'id' | 'request'>, at: string): ContainerRequest {
  const copy = structuredClone(request);
  const labels = { ...copy.Labels, [RERUN_OF]: id, [RERUN_AT]: at };
  return { ...copy, Labels: labels, HostConfig: { ...copy.HostConfig, AutoRemove: false } };
}
