/** The process of a container's port proxy: found by its pid file, so that a later daemon can end it. */
import { readFileSync } from 'node:fs';
import { AT_FDCWD } from '../../syscalls/constants.ts';
import { tolerate } from '../../kernel/errors.ts';
import type { Kernel } from '../../kernel/kernel.ts';
import { SIGKILL } from '../../kernel/process/shim.ts';
import type { Connected } from '../driver.ts';

/** argv[0] of a proxy; argv[1] is the container's id */
export const PROGRAM = 'drydock-port-proxy';

export type Proxied = Pick<Connected, 'id' | 'live' | 'paths'>;

const read = (path: string): string => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
};

export const pidFile = (c: Pick<Proxied, 'paths'>): string => `${c.paths.runDir}/ports.pid`;

/** The pid of the proxy. Pids are used again, so its command line must be a proxy's of this container. */
export function proxyPidOf(c: Proxied): number | undefined {
  const pid = Number(read(pidFile(c)).trim());
  const [program, id] = pid ? read(`/proc/${pid}/cmdline`).split('\0') : [];
  return program === PROGRAM && id === c.id ? pid : undefined;
}

const P_PID = 1;
const WEXITED = 4;

/** Ends the proxy. One that has ended by itself with the container is reaped, if it was this daemon's child. */
export async function endProxy(k: Kernel, c: Proxied): Promise<void> {
  const pid = c.live.proxyPid ?? proxyPidOf(c);
  if (pid === undefined) return;
  await tolerate(['ESRCH'], k.daemon.kill(pid, SIGKILL));
  if (c.live.proxyPid !== undefined) await tolerate(['ECHILD', 'EINVAL'], k.daemon.waitid(P_PID, pid, 128, WEXITED));
  c.live.proxyPid = undefined;
  await tolerate(['ENOENT'], k.daemon.unlinkat(AT_FDCWD, pidFile(c), 0));
}
