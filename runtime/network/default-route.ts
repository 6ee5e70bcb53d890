/** Which endpoint of a container has the default route. */
import type { Endpoint } from './endpoint.ts';

type Candidate = Pick<Endpoint, 'driver' | 'network' | 'internal' | 'gwPriority' | 'ipv4' | 'ipv6'>;

/**
 * The endpoint with the highest GwPriority, then one with both address families, then the first one by its network's
 * name, as in dockerd. Undefined when there is no way out: with internal networks only, or without a link of its own.
 */
export const defaultRouteOf = <E extends Candidate>(endpoints: readonly E[]): E | undefined =>
  endpoints
    .filter(({ driver, internal }) => !internal && !['none', 'host', 'container'].includes(driver))
    .sort(
      (a, b) =>
        (b.gwPriority ?? 0) - (a.gwPriority ?? 0) ||
        Number(b.ipv6 ?? false) - Number(a.ipv6 ?? false) ||
        (a.network < b.network ? -1 : 1),
    )[0];

/** The same for IPv4: not through a network that has IPv6 addresses only. */
export const defaultRoute4Of = <E extends Candidate>(endpoints: readonly E[]): E | undefined =>
  defaultRouteOf(endpoints.filter(({ ipv4 }) => ipv4 !== false));

/** The same for IPv6: only endpoints with such an address. */
export const defaultRoute6Of = <E extends Candidate>(endpoints: readonly E[]): E | undefined =>
  defaultRouteOf(endpoints.filter(({ ipv6 }) => ipv6));
