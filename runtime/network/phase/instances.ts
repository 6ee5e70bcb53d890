/** Instances of a driver's steps for one endpoint of a container: `network.create-veth@front`. */
import { instanceOf } from '../../journal/step-id.ts';
import type { Step } from '../../operation/step.ts';
import type { Connected, Connection, EndpointStep } from '../driver.ts';
import type { Endpoint } from '../endpoint.ts';
import { driverOf } from '../../drivers/network.ts';
import { connectionOf } from './connections.ts';

export type Part = 'make' | 'plug' | 'configure' | 'admit';

/** The step of one endpoint as a step of its container. It does nothing when the endpoint's network is gone. */
export function stepAt(
  endpoint: Endpoint,
  { id, title, explain, when, do: act, undo, inspect }: EndpointStep,
): Step<Connected> {
  const at = async (c: Connected, use: (connection: Connection) => Promise<void>): Promise<void> => {
    const connection = connectionOf(c, endpoint);
    if (connection) await use(connection);
  };
  return {
    id: instanceOf(id, endpoint.network),
    title,
    explain,
    when(c) {
      const connection = connectionOf(c, endpoint);
      return connection !== undefined && (when?.(connection) ?? true);
    },
    do: (k, c) => at(c, (connection) => act(k, connection)),
    ...(undo && { undo: (k, c) => at(c, (connection) => undo(k, connection)) }),
    ...(inspect && {
      async inspect(k, c) {
        const connection = connectionOf(c, endpoint);
        return connection ? inspect(k, connection) : [];
      },
    }),
  };
}

/** The steps of these parts for one endpoint, in the order of its driver. */
export const stepsAt = (endpoint: Endpoint, ...parts: readonly Part[]): Step<Connected>[] =>
  parts.flatMap((part) => driverOf(endpoint)[part].map((step) => stepAt(endpoint, step)));
