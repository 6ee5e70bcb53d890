/** A container's endpoints, each with its network. */
import type { Kernel } from '../../kernel/kernel.ts';
import type { Connected, Connection } from '../driver.ts';
import { driverOf } from '../../drivers/network.ts';
import { networkNamed } from './networks.ts';

export const connectionsOf = (container: Connected): Connection[] =>
  container.endpoints.map((endpoint) => ({ network: networkNamed(container.settings, endpoint), endpoint, container }));

/**
 * At the end of a run each endpoint releases what it holds. An endpoint that was not connected, or only in part, is no
 * error.
 */
export async function disconnectAll(k: Kernel, container: Connected): Promise<void> {
  for (const connection of connectionsOf(container))
    for (const step of driverOf(connection.endpoint).disconnect)
      if (step.when?.(connection) ?? true) await step.do(k, connection);
}
