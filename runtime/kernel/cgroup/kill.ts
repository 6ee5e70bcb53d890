/** Sends SIGKILL to each process of a cgroup until none is left. On v2 the kernel's cgroup.kill does this. */
import { constants } from 'node:os';
import { tolerate } from '../errors.ts';
import type { Kernel } from '../kernel.ts';
import { waitUntil } from './wait.ts';

const KILL_MS = 10_000;
export interface Freezer {
  freeze(): Promise<void>;
  thaw(): Promise<void>;
}

/**
 * Freezes the group first, so that no process forks between the listing and the signal. A frozen process gets the
 * signal when it is thawed. Throws when processes are left after 10 s: one in uninterruptible sleep cannot be killed.
 */
export async function killAll(k: Kernel, list: () => number[], freezer?: Freezer): Promise<void> {
  if (!list().length) return;
  const kill = async () => {
    for (const pid of list()) await tolerate(['ESRCH'], k.daemon.kill(pid, constants.signals.SIGKILL));
  };
  if (freezer) {
    try {
      await freezer.freeze();
      await kill();
    } finally {
      await freezer.thaw();
    }
  }
  const gone = await waitUntil(async () => {
    await kill();
    return list().length === 0;
  }, KILL_MS);
  if (!gone)
    throw new Error(
      `processes ${list().join(', ')} did not end within ${KILL_MS / 1000} s of SIGKILL; see their state in /proc/<pid>/status`,
    );
}
