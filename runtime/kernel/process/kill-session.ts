/**
 * Ends a process with all that it started. Orphans of a container's process become children of its pid 1, so they are
 * found by their session, which they keep: setsid(2), credentials(7). A process that made a session of its own is found
 * as long as its parent lives. All are stopped first, so that none can start another one while they are looked for.
 */
import { readFileSync } from 'node:fs';
import { tolerate } from '../errors.ts';
import type { Kernel } from '../kernel.ts';

const SIGKILL = 9;
const SIGSTOP = 19;
/** Limits for processes that fork faster than they are found; the next call goes on. */
const ROUNDS = 50;
const MOST = 1024;

interface Ties {
  pid: number;
  parent: number;
  session: number;
}

/** proc_pid_stat(5): the name in parentheses may itself hold parentheses and spaces. */
function tiesOf(pid: number): Ties | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const [state = '', parent, , session] = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return /[ZX]/.test(state) ? undefined : { pid, parent: Number(parent), session: Number(session) };
  } catch {
    return undefined; // it has ended
  }
}

export const parentOf = (pid: number): number | undefined => tiesOf(pid)?.parent;

/** `leader` and its session, and the descendants of these. */
function kindred(leader: number, all: readonly Ties[]): Set<number> {
  const found = new Set<number>();
  for (let before = -1; before !== found.size;) {
    before = found.size;
    for (const { pid, parent, session } of all)
      if (pid === leader || session === leader || found.has(parent)) found.add(pid);
  }
  return found;
}

/** `among`: the pids to look through, as the host sees them. */
export async function killSession(k: Kernel, leader: number, among: () => Promise<number[]>): Promise<void> {
  const stopped = new Map<number, number>();
  try {
    for (let round = 0; round < ROUNDS && stopped.size < MOST; round++) {
      const all = [...new Set([leader, ...(await among())])].flatMap((pid) => tiesOf(pid) ?? []);
      const fresh = [...kindred(leader, all)].filter((pid) => !stopped.has(pid));
      if (!fresh.length) break;
      for (const pid of fresh)
        await stop(
          k,
          all.find((one) => one.pid === pid)!,
          stopped,
        );
    }
    for (const pidfd of stopped.values()) await send(k, pidfd, SIGKILL);
  } finally {
    for (const pidfd of stopped.values()) await k.daemon.close(pidfd);
  }
}

const send = (k: Kernel, pidfd: number, signal: number) =>
  tolerate(['ESRCH'], k.daemon.pidfd_send_signal(pidfd, signal, 0));

/** Pids are used again, so the ties are read once more after the descriptor is open. */
async function stop(k: Kernel, { pid, session }: Ties, stopped: Map<number, number>): Promise<void> {
  const pidfd = await tolerate(['ESRCH'], k.daemon.pidfd_open(pid, 0));
  if (pidfd === undefined) return;
  if (tiesOf(pid)?.session !== session) return void (await k.daemon.close(pidfd));
  stopped.set(pid, pidfd);
  await send(k, pidfd, SIGSTOP);
}
