/**
 * The small processes beside a container that outlive the daemon: found by a pid file, so that a later daemon can end
 * them.
 */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { AT_FDCWD } from '../syscalls/constants.ts';
import { tolerate } from '../kernel/errors.ts';
import type { Kernel } from '../kernel/kernel.ts';
import { SIGKILL } from '../kernel/process/shim.ts';

export interface Helper {
  /** argv[0] */
  program: string;
  /** argv[1]: the container's id */
  container: string;
  /** the file with its pid */
  file: string;
}

const attempt = (read: () => string): string => {
  try {
    return read();
  } catch {
    return '';
  }
};
const read = (path: string): string => attempt(() => readFileSync(path, 'utf8'));

function isHelper(pid: number, { program, container }: Helper): boolean {
  const [name, id] = read(`/proc/${pid}/cmdline`).split('\0');
  return name === program && id === container;
}

/** Its pid. Pids are used again, so the command line must be the helper's for this container. */
export function helperPid(helper: Helper): number | undefined {
  const pid = Number(read(helper.file).trim());
  return pid && isHelper(pid, helper) ? pid : undefined;
}

/**
 * Those that a daemon spawned before it died, and wrote no pid file of. Any program may call itself so, therefore the
 * file that it runs counts too: a copy in memory, which linux/linux.ts names after the program.
 */
function orphans(helper: Helper): number[] {
  const executable = `/memfd:${helper.program.replace('drydock-', '')} (deleted)`;
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => isHelper(pid, helper) && attempt(() => readlinkSync(`/proc/${pid}/exe`)) === executable);
}

const P_PID = 1;
const WEXITED = 4;

/**
 * Ends it. `child`: the pid, if it is this daemon's own child. One that has ended by itself with the container is
 * reaped then. Without a pid all processes are looked at, if `thorough`.
 */
export async function endHelper(k: Kernel, helper: Helper, child: number | undefined, thorough = false): Promise<void> {
  const known = child ?? helperPid(helper);
  for (const pid of known === undefined ? (thorough ? orphans(helper) : []) : [known])
    await tolerate(['ESRCH'], k.daemon.kill(pid, SIGKILL));
  if (child !== undefined) await tolerate(['ECHILD', 'EINVAL'], k.daemon.waitid(P_PID, child, 128, WEXITED));
  if (known !== undefined || read(helper.file)) await tolerate(['ENOENT'], k.daemon.unlinkat(AT_FDCWD, helper.file, 0));
}
