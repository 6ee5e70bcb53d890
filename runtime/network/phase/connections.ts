/** A container's endpoints, each with the network that it is on. */
import type { Kernel } from '../../kernel/kernel.ts';
import type { Connected, Connection } from '../driver.ts';
import { driverOf } from '../../drivers/network.ts';
import { networkNamed } from './networks.ts';

export const connectionsOf = (container: Connected): Connection[] =>
  container.endpoints.map((endpoint) => ({ network: networkNamed(container.settings, endpoint), endpoint, container }));

/** At the end of a run: each endpoint gives back what it holds. Not connected, or only half, is fine. */
export async function disconnectAll(k: Kernel, container: Connected): Promise<void> {
  for (const connection of connectionsOf(container))
    for (const step of driverOf(connection.endpoint).disconnect) await step.do(k, connection);
}
