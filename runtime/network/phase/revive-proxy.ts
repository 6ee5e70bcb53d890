/** A port proxy that ended or was killed is started again, on the same ports of the host. */
import type { Kernel } from '../../kernel/kernel.ts';
import type { Connected, Connection } from '../driver.ts';
import { bindAgain, closePortSockets } from '../ports/bind.ts';
import { startProxy } from '../ports/proxy.ts';
import { endProxy, proxyPidOf } from '../ports/proxy-process.ts';
import { connectionsOf } from './connections.ts';

const publishing = (c: Connected): Connection | undefined =>
  connectionsOf(c).find(({ endpoint: { ports, moving } }) => ports?.length && !moving);

/** Whether the container has published ports, and no process that holds them. */
export const lacksProxy = (c: Connected): boolean =>
  !c.live.portSockets?.length && publishing(c) !== undefined && proxyPidOf(c) === undefined;

/** For a running container. Returns whether there was a proxy to be started. */
export async function reviveProxy(k: Kernel, c: Connected): Promise<boolean> {
  const it = publishing(c);
  if (!it || !lacksProxy(c)) return false;
  try {
    // reaps the one that was this daemon's child
    await endProxy(k, c);
    await bindAgain(k, it);
    await startProxy(k, it);
    return true;
  } catch (error) {
    await endProxy(k, c);
    await closePortSockets(k, c.live);
    throw error;
  }
}
