/** Reads facts about a container without changing it: stats, diff, sizes, and the master of its terminal. */
import type { CgroupStats } from '../kernel/cgroup/cgroup.ts';
import type { Kernel } from '../kernel/kernel.ts';
import { shimPidOf } from '../kernel/process/shim.ts';
import { namespaceOf } from '../drivers/network.ts';
import { interfaceStats } from '../network/sandbox/stats.ts';
import type { ChangeKind } from '../storage/driver.ts';
import type { Container } from '../container/container.ts';
import { conflict } from '../errors/api-error.ts';

/** native/shim.c keeps the pty's master at this descriptor. */
const MASTER = 10;

export async function withMaster(
  k: Kernel,
  runDir: string,
  label: string,
  use: (fd: number) => Promise<void>,
): Promise<void> {
  const shim = shimPidOf(runDir, label);
  if (shim === undefined) throw conflict(`cannot resize: the process of ${label.slice(0, 12)} is not running`);
  const pidfd = await k.daemon.pidfd_open(shim, 0);
  try {
    const master = await k.daemon.pidfd_getfd(pidfd, MASTER, 0);
    await use(master).finally(() => k.daemon.close(master));
  } finally {
    await k.daemon.close(pidfd);
  }
}

export async function stats(
  c: Container,
): Promise<{ cgroup: CgroupStats; networks: Record<string, Record<string, number>> }> {
  const networks =
    c.live.pid && namespaceOf(c.endpoints) !== 'host' ? await interfaceStats(c.live.pid).catch(() => ({})) : {};
  delete (networks as Record<string, unknown>)['lo'];
  return { cgroup: await c.cgroup.stats(), networks };
}

/** Changes against the image, in parts. */
export async function* changes(c: Container): AsyncGenerator<{ Path: string; Kind: ChangeKind }[]> {
  for await (const part of c.storage.changes(c)) yield part.map(([Path, Kind]) => ({ Path, Kind }));
}
