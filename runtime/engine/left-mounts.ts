/**
 * Volumes that are a file system of their own, which a daemon had mounted for `cp` of a stopped container when it was
 * killed. Those of a start are unmounted when the start is taken back.
 */
import { releaseVolumes } from '../executor/stage/create/volume-mounts.ts';
import { daemonKernel } from '../kernel/linux/linux.ts';
import type { Supervisor } from './supervisor.ts';

/** To be called when all containers are known, because one that runs keeps the mount. */
export async function unmountLeft(containers: readonly Supervisor[]): Promise<void> {
  for (const { life, container } of containers)
    if (!life.underWay && !life.restarting) await releaseVolumes(daemonKernel(), container);
}
