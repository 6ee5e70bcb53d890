/** A network and the settings of an endpoint, as connecting a container takes them. */
import type { Engine } from '../../runtime/engine/engine.ts';
import type { predefined } from '../../runtime/network/phase/networks.ts';
import type { EndpointAsked } from '../../runtime/network/request/network-request.ts';
import type { Wanted } from '../../runtime/network/request/wanted.ts';
import type { NetworkRecord } from '../../runtime/network/store/network-record.ts';

export function wantedOn(
  engine: Engine,
  network: (typeof predefined)[number] | NetworkRecord,
  asked: EndpointAsked,
): Wanted {
  if (typeof network === 'string') return { driver: network, network, asked };
  const known = engine.networks.known(network.id);
  const { driver, name } = network;
  return { driver, network: name, asked, ...(known && { known }) };
}
