/** Why a network namespace has no route to an address, and what would give it one. */
import { isSix } from '../ipam/family.ts';
import type { Place } from './place.ts';
import type { Stop } from './report.ts';

export function noRouteStop({ name, container }: Place, address: string): Stop {
  const none = `${name} has no route to ${address}`;
  if (!container) return { why: none, change: 'a route: ip route add' };
  const { endpoints } = container;
  const family = isSix(address) ? 'IPv6' : 'IPv4';
  const has = endpoints.some(({ address: four, address6 }) => (isSix(address) ? address6 : four));
  const networks = endpoints.map(({ network }) => network).join(', ');
  if (endpoints.length && !has)
    return {
      why: `${name} has no route to ${address}, because none of its networks (${networks}) has ${family}`,
      change:
        family === 'IPv6'
          ? `a network with IPv6: drydock network create --ipv6 mine, then drydock network connect mine ${name}`
          : `a network with IPv4: drydock network connect bridge ${name}`,
    };
  const internal = endpoints.filter((endpoint) => endpoint.internal).map(({ network }) => network);
  return {
    why: internal.length
      ? `${name} has no route to ${address}, because its network ${internal.join(', ')} is internal and has no way out`
      : none,
    change: `a network with a way out: drydock network connect bridge ${name}`,
  };
}
