/** Operations of networks for a client that wants to step through them: POST /drydock/operations. */
import { badParameter, ApiError } from '../../../runtime/errors/api-error.ts';
import { networkAsked } from '../../../runtime/network/request/create-network.ts';
import type { GateOptions } from '../../../runtime/engine/engine.ts';
import { begunBy } from '../../../runtime/operation/walking.ts';
import type { OperationHandle } from '../../../runtime/operation/record.ts';
import type { Json } from '../http/body.ts';
import type { Exchange } from '../http/route.ts';
import { connectionAsked } from './connection-asked.ts';
import { endpointRef, networkBy } from './networks.ts';

type Begin = (x: Exchange, body: Json, gate: GateOptions) => Promise<OperationHandle>;

function containerOf({ Container }: Json): string {
  if (typeof Container !== 'string' || !Container) throw badParameter('Container must name a container');
  return Container;
}
const networkOf = (x: Exchange, { Network }: Json) => {
  if (typeof Network !== 'string' || !Network) throw badParameter('Network must name a network');
  return networkBy(x, Network);
};

export const networkOperations: Record<string, Begin> = {
  'network-create': (x, body, gate) =>
    begunBy((walking) => x.engine.networks.create(networkAsked(body), { ...walking, gate })),
  'network-remove': async (x, body, gate) => {
    const network = networkOf(x, body);
    if (typeof network === 'string')
      throw new ApiError(403, `${network} is a pre-defined network and cannot be removed`);
    return begunBy((walking) => x.engine.networks.remove(network.id, { ...walking, gate }));
  },
  'network-connect': async (x, body, gate) => {
    const { container, wanted } = connectionAsked(body, networkOf(x, body), x.engine);
    return begunBy((walking) => x.engine.container(container).networks.connect(wanted, { ...walking, gate }));
  },
  'network-disconnect': (x, body, gate) => {
    if (typeof body['Network'] !== 'string') throw badParameter('Network must name a network');
    const ref = endpointRef(x, body['Network']);
    return begunBy((walking) => x.engine.container(containerOf(body)).networks.disconnect(ref, { ...walking, gate }));
  },
};
