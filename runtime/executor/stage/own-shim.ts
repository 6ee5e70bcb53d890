/** A shim with a run directory of its own, for a process beside the container's first one: an exec, or a cp. */
import type { Settings } from '../../data-root/settings.ts';
import type { Container } from '../../container/container.ts';
import { tolerate } from '../../kernel/errors.ts';
import type { Kernel } from '../../kernel/kernel.ts';
import { endShim, SIGKILL } from '../../kernel/process/shim.ts';
import { AT_FDCWD } from '../../syscalls/constants.ts';
import { closeLive, startShim } from './create/process.ts';

type Owner = Pick<Container, 'paths' | 'live' | 'id'>;

export async function startOwnShim(k: Kernel, c: Owner, oomScores: Settings['oomScores'] | undefined): Promise<void> {
  await tolerate(['EEXIST'], k.daemon.mkdirat(AT_FDCWD, c.paths.runDir, 0o700));
  await startShim(k, c, c.id, { path: c.paths.log }, { oomScores });
}

/**
 * Also ends the process, because after execve(2) its program does not see that the shim's sockets were closed, and no
 * cgroup of its own is removed with it.
 */
export async function endOwnShim(k: Kernel, c: Owner): Promise<void> {
  const { pidfd } = c.live;
  if (pidfd !== undefined) await tolerate(['ESRCH', 'EBADF'], k.daemon.pidfd_send_signal(pidfd, SIGKILL, 0));
  await closeLive(k, c.live);
  await endShim(k, c);
  await k.removeTree(c.paths.runDir);
}
