/** Finds and ends a container's shim. It is found by its pid file, so that a later daemon can do it too. */
import { readFileSync } from 'node:fs';
import { tolerate } from '../errors.ts';
import type { Kernel } from '../kernel.ts';

/**
 * What identifies the shim of a container: the directory of its pid file, and this daemon's own child, if it is one.
 */
export interface Shimmed {
  readonly id: string;
  readonly paths: { readonly runDir: string };
  readonly live: { shimPid?: number | undefined; shimPidfd?: number | undefined };
}

export const SIGKILL = 9;
export const SIGCONT = 18;
const P_PID = 1;
const P_PIDFD = 3;
const WEXITED = 4;

const read = (path: string): string => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
};

/** The pid in the file, and the label of that process. Pids are used again, so its command line must be a shim's. */
function shimIn(runDir: string): { pid: number; label: string } | undefined {
  const pid = Number(read(`${runDir}/shim.pid`).trim());
  const [program, label = ''] = pid ? read(`/proc/${pid}/cmdline`).split('\0') : [];
  return program === 'drydock-shim' ? { pid, label } : undefined;
}
/** The shim of a run directory; its label is the id of a container or of an exec. */
export const shimOwner = shimIn;
export const shimLives = (runDir: string): boolean => shimIn(runDir) !== undefined;

/** The pid of the running shim with this label; undefined when there is none. */
export function shimPidOf(runDir: string, label: string): number | undefined {
  const shim = shimIn(runDir);
  return shim?.label === label ? shim.pid : undefined;
}

/** The pid of the shim that this daemon spawned, or of one that an earlier daemon left, by its pid file. */
export const shimOf = (c: Shimmed): number | undefined => c.live.shimPid ?? shimPidOf(c.paths.runDir, c.id);

/** Kills the shim. Its children die with it, because the stage set PR_SET_PDEATHSIG to SIGKILL: prctl(2). */
export async function endShim(k: Kernel, c: Shimmed): Promise<void> {
  const pid = shimPidOf(c.paths.runDir, c.id);
  if (pid !== undefined) await tolerate(['ESRCH'], k.daemon.kill(pid, SIGKILL));
  await reapShim(k, c.live);
}

/**
 * Reaps a shim that is the daemon's child: by its pidfd, or by its pid when there is no pidfd. The shim of an earlier
 * daemon is reaped by init.
 */
export async function reapShim(k: Kernel, live: Shimmed['live']): Promise<void> {
  const { shimPid, shimPidfd } = live;
  live.shimPidfd = undefined;
  const [idtype, id] = shimPidfd === undefined ? [P_PID, shimPid] : [P_PIDFD, shimPidfd];
  try {
    if (id !== undefined) await tolerate(['ECHILD', 'EINVAL', 'EBADF'], k.daemon.waitid(idtype, id, 128, WEXITED));
    live.shimPid = undefined; // only after waitid: a second try needs it
  } finally {
    if (shimPidfd !== undefined) await tolerate(['EBADF'], k.daemon.close(shimPidfd));
  }
}

/**
 * Reads the shim's exit file '<wait status> <ns since 1970>' (native/shim.c). Returns the status and the time in ms. A
 * shim that was killed wrote no file; then its container was killed with it.
 */
export function readExit(path: string): { status: number; time: number } {
  const [status, ns] = read(path).trim().split(' ');
  return ns ? { status: Number(status), time: Number(ns) / 1e6 } : { status: SIGKILL, time: Date.now() };
}

/** A wait(2) status as `docker` shows it: the exit code, or 128 plus the signal's number. */
export const exitCodeOf = (status: number): number => (status & 0x7f ? 128 + (status & 0x7f) : (status >> 8) & 0xff);
