/** The process of a container's port proxy. */
import type { Kernel } from '../../kernel/kernel.ts';
import type { Connected } from '../driver.ts';
import { endHelper, helperPid, type Helper } from '../helper-process.ts';

/** argv[0] of a proxy; argv[1] is the container's id */
export const PROGRAM = 'drydock-port-proxy';

export type Proxied = Pick<Connected, 'id' | 'live' | 'paths'>;

export const pidFile = (c: Pick<Proxied, 'paths'>): string => `${c.paths.runDir}/ports.pid`;

const helperOf = (c: Proxied): Helper => ({ program: PROGRAM, container: c.id, file: pidFile(c) });

export const proxyPidOf = (c: Proxied): number | undefined => helperPid(helperOf(c));

export async function endProxy(k: Kernel, c: Proxied): Promise<void> {
  const { proxyPid } = c.live;
  await endHelper(k, helperOf(c), proxyPid);
  c.live.proxyPid = undefined;
}
