/**
 * The small processes beside a container that outlive the daemon: found by a pid file, so that a later daemon can end
 * them.
 */
import { readFileSync } from 'node:fs';
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

const read = (path: string): string => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
};

/** Its pid. Pids are used again, so the command line must be the helper's for this container. */
export function helperPid({ program, container, file }: Helper): number | undefined {
  const pid = Number(read(file).trim());
  const [name, id] = pid ? read(`/proc/${pid}/cmdline`).split('\0') : [];
  return name === program && id === container ? pid : undefined;
}

const P_PID = 1;
const WEXITED = 4;

/**
 * Ends it. `child`: the pid, if it is this daemon's own child. One that has ended by itself with the container is
 * reaped then.
 */
export async function endHelper(k: Kernel, helper: Helper, child: number | undefined): Promise<void> {
  const pid = child ?? helperPid(helper);
  if (pid === undefined) return;
  await tolerate(['ESRCH'], k.daemon.kill(pid, SIGKILL));
  if (child !== undefined) await tolerate(['ECHILD', 'EINVAL'], k.daemon.waitid(P_PID, pid, 128, WEXITED));
  await tolerate(['ENOENT'], k.daemon.unlinkat(AT_FDCWD, helper.file, 0));
}
