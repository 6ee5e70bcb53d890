/** The body of POST /networks/{id}/connect: a container, and the settings of its endpoint. */
import type { Engine } from '../../../runtime/engine/engine.ts';
import { badParameter } from '../../../runtime/errors/api-error.ts';
import type { predefined } from '../../../runtime/network/phase/networks.ts';
import type { Wanted } from '../../../runtime/network/request/wanted.ts';
import type { NetworkRecord } from '../../../runtime/network/store/network-record.ts';
import { checkEndpointShape } from '../../../runtime/request/request-shape.ts';
import { wantedOn } from '../../messages/wanted-on.ts';
import type { Json } from '../http/body.ts';

export interface ConnectionAsked {
  container: string;
  wanted: Wanted;
}

/** Throws ApiError 400 for a body that names no container, and for settings of another type. */
export function connectionAsked(
  body: Json,
  network: (typeof predefined)[number] | NetworkRecord,
  engine: Engine,
): ConnectionAsked {
  const { Container: container, EndpointConfig: asked } = body;
  if (typeof container !== 'string' || !container) throw badParameter('Container must name a container');
  const settings = checkEndpointShape(asked ?? {}, 'EndpointConfig.');
  return { container, wanted: wantedOn(engine, network, settings) };
}
