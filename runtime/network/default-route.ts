/** Which endpoint of a container has the default route. */
import type { Endpoint } from './endpoint.ts';

type Candidate = Pick<Endpoint, 'driver' | 'network' | 'internal' | 'gwPriority'>;

/**
 * The endpoint with the highest GwPriority, then the first one by its network's name, as in dockerd. Undefined when
 * there is no way out: with internal networks only, or without a link of its own.
 */
export const defaultRouteOf = <E extends Candidate>(endpoints: readonly E[]): E | undefined =>
  endpoints
    .filter(({ driver, internal }) => !internal && !['none', 'host', 'container'].includes(driver))
    .sort((a, b) => (b.gwPriority ?? 0) - (a.gwPriority ?? 0) || (a.network < b.network ? -1 : 1))[0];
