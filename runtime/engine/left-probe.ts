/**
 * The probe that was running when a daemon died. Its shim goes on, but its result is lost, so it is ended with all that
 * it started: a check that hangs would stay until the container ends.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Container } from '../container/container.ts';
import { execPaths } from '../container/paths.ts';
import { daemonKernel } from '../kernel/linux/linux.ts';
import { killSession, parentOf } from '../kernel/process/kill-session.ts';
import { endShim, shimPidOf } from '../kernel/process/shim.ts';

const fileOf = ({ paths }: Container): string => join(paths.runDir, 'probe');

/** Notes which exec is a probe, for the next daemon. */
export function noteProbe(container: Container, id: string): void {
  try {
    writeFileSync(fileOf(container), id, { mode: 0o600 });
  } catch {
    // a full disk: then only the end of the container ends a probe that hangs
  }
}

function noted(container: Container): string {
  try {
    return readFileSync(fileOf(container), 'utf8');
  } catch {
    return ''; // it was never probed
  }
}

export async function endLeftProbe(container: Container): Promise<void> {
  const id = noted(container);
  if (!/^[0-9a-f]{64}$/.test(id)) return;
  const paths = execPaths(container.paths, container.settings, id);
  const shim = shimPidOf(paths.runDir, id);
  if (shim === undefined) return;
  const k = daemonKernel();
  const among = () => container.cgroup.processes();
  for (const pid of await among()) if (parentOf(pid) === shim) await killSession(k, pid, among);
  await endShim(k, { id, paths, live: {} });
  await k.removeTree(paths.runDir);
}
