/** Looking at a container without changing it: stats, diff, sizes, and its terminal's master. */
import type { CgroupStats } from '../kernel/cgroup/cgroup.ts';
import { jobParts, runJob } from '../kernel/jobs.ts';
import type { Kernel } from '../kernel/kernel.ts';
import { shimPidOf } from '../kernel/process/shim.ts';
import { interfaceStats } from '../network/stats.ts';
import type { Change, ChangesInput } from '../storage/overlay2/changes.ts';
import '../storage/overlay2/jobs.ts';
import type { Container } from './container.ts';
import { conflict } from './refusal.ts';

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
  const networks = c.live.pid && c.network.mode !== 'host' ? await interfaceStats(c.live.pid).catch(() => ({})) : {};
  delete (networks as Record<string, unknown>)['lo'];
  return { cgroup: await c.cgroup.stats(), networks };
}

/** What mounting made in the upper directory for its own sake: mount points, which `diff` is not asked about. */
export const mountPoints = (c: Container): Set<string> =>
  new Set(['/dev', '/proc', '/sys', ...(c.spec.mounts ?? []).map((m) => m.destination)]);

/** The upper directory against the layers, in parts. */
export async function* changes(c: Container): AsyncGenerator<{ Path: string; Kind: 0 | 1 | 2 }[]> {
  const lowers = [...(c.image?.layers ?? [])].reverse().map(({ dir }) => dir);
  const input: ChangesInput = { upper: c.paths.upper, lowers, mountPoints: [...mountPoints(c)] };
  for await (const part of jobParts<Change[]>('changes', input)) yield part.map(([Path, Kind]) => ({ Path, Kind }));
}

/** Of all who ask at the same time, one looks. */
const sizes = new Map<string, Promise<number>>();
export function sizeRw({ paths: { upper } }: Container): Promise<number> {
  const known = sizes.get(upper);
  if (known) return known;
  const size = (runJob('size', upper) as Promise<number>).finally(() => sizes.delete(upper));
  sizes.set(upper, size);
  return size;
}
