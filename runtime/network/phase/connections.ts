/** A container's endpoints, each with its network. An endpoint whose network is gone is left out. */
import type { Kernel } from '../../kernel/kernel.ts';
import type { Connected, Connection } from '../driver.ts';
import type { Endpoint } from '../endpoint.ts';
import { driverOf } from '../../drivers/network.ts';
import { endNameServerOfRun } from '../names/server-process.ts';
import { networkNamed } from './networks.ts';

export const connectionsOf = (container: Connected): Connection[] =>
  container.endpoints.flatMap((endpoint) => connectionOf(container, endpoint) ?? []);

export function connectionOf(container: Connected, endpoint: Endpoint): Connection | undefined {
  const network = endpoint.networkID
    ? container.networkOf?.(endpoint)
    : (container.networkOf?.(endpoint) ?? networkNamed(container.settings, endpoint));
  return network && { network, endpoint, container };
}

/**
 * At the end of a run each endpoint releases what it holds. An endpoint that was not connected, or only in part, is no
 * error.
 */
export async function disconnectAll(k: Kernel, container: Connected): Promise<void> {
  for (const connection of connectionsOf(container))
    for (const step of driverOf(connection.endpoint).disconnect)
      if (step.when?.(connection) ?? true) await step.do(k, connection);
  await endNameServerOfRun(k, container);
}
