/** Why a name has no address for a container, and what would give it one. */
import { namedEndpoints } from '../names/table.ts';
import { called, isUp, networksOf, type Known, type Seen } from './known.ts';
import type { Place } from './place.ts';
import type { Stop } from './report.ts';
import type { Resolved } from './resolve.ts';

const list = (names: readonly string[]) => (names.length ? names.join(', ') : 'none');

export const notRunning = ({ container: { name }, status }: Seen): Stop => ({
  why: `container ${name} is not running (${status}), so it has neither address nor name`,
  change: `drydock start ${name}`,
});

export const notPublished = ({ container: { name } }: Seen, port: number): Stop => ({
  why: `port ${port} of container ${name} is not published, so other machines cannot come to it`,
  change: `a container with -p ${port}:${port}, which leads a port of the host to it`,
});

/** The container is there and runs: its networks and those of the asker have none in common that has names. */
function apart(place: Place, seen: Seen): Stop {
  const [from, to] = [place.container!, seen.container];
  const named = namedEndpoints(from.endpoints).map(({ network }) => network);
  const both = networksOf(from).filter((name) => networksOf(to).includes(name));
  if (both.includes('bridge'))
    return {
      why: `${from.name} and ${to.name} are on the default network bridge, and that one has no names`,
      change: `a network of your own: drydock network create mine, then drydock network connect mine ${from.name} and … ${to.name}`,
    };
  const [network = 'NETWORK'] = networksOf(to).filter((name) => name !== 'bridge');
  const lead = named.length
    ? ''
    : ` (a container without a network of its own kind asks ${place.name}'s resolv.conf only)`;
  return {
    why: `${from.name} is on ${list(networksOf(from))}, ${to.name} is on ${list(networksOf(to))}: they have no network in common${lead}`,
    change: `drydock network connect ${network} ${from.name}`,
  };
}

export const lacksIpv6 = ({ container }: Seen): Stop => ({
  why: `container ${container.name} has no IPv6 address: none of its networks (${list(networksOf(container))}) has IPv6`,
  change: `a network with IPv6: drydock network create --ipv6 mine, then drydock network connect mine ${container.name}`,
});
/** It has an address, and none of IPv6. */
export const isIpv4Only = ({ container: { endpoints } }: Seen): boolean =>
  endpoints.some(({ address }) => address) && !endpoints.some(({ address6 }) => address6);

export function nameStop(known: Known, place: Place, name: string, { by }: Resolved, six = false): Stop {
  const seen = called(known, name);
  if (seen && !isUp(seen)) return notRunning(seen);
  if (seen && six && isIpv4Only(seen)) return lacksIpv6(seen);
  if (seen && place.container) return apart(place, seen);
  if (six)
    return {
      why: `no resolver that was asked (${by}) knows an IPv6 address of the name ${name}, and no container has it`,
      change: 'a name that has one: without -6 its IPv4 addresses are looked for',
    };
  const asked = `no resolver that was asked (${by}) knows the name ${name}`;
  if (name === 'host.docker.internal')
    return {
      why: `${asked}: Drydock gives it to no container by itself`,
      change: `run the container with --add-host host.docker.internal:host-gateway`,
    };
  return {
    why: `${asked}, and no container has it`,
    change: 'a name that is known there: drydock ps shows those of containers, --add-host gives others',
  };
}
