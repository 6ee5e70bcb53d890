/** HostConfig's limits → OCI resources, for POST create and POST update. */
import { statSync } from 'node:fs';
import { badParameter } from '../errors/api-error.ts';
import type { HostConfig, Throttle, DeviceWeight } from '../request/container-request.ts';
import { deviceNumbers } from './devices.ts';
import type { Resources, ThrottleDevice, WeightDevice } from './spec.ts';

const PERIOD_US = 100_000;

/** Memory plus swap in bytes. Without --memory-swap it is twice the memory limit, as in Docker. 0: no limit. */
export const memorySwapOf = ({ Memory = 0, MemorySwap }: HostConfig): number =>
  MemorySwap || (Memory > 0 ? Memory * 2 : 0);

function memoryOf(h: HostConfig): Resources['memory'] {
  const swap = memorySwapOf(h);
  const memory = {
    ...(h.Memory && { limit: h.Memory }),
    ...(swap && (swap > 0 || h.Memory) && { swap }),
    ...(h.MemoryReservation && { reservation: h.MemoryReservation }),
    ...(typeof h.MemorySwappiness === 'number' && h.MemorySwappiness >= 0 && { swappiness: h.MemorySwappiness }),
    ...(h.OomKillDisable && { disableOOMKiller: true }),
  };
  return Object.keys(memory).length ? memory : undefined;
}

function cpuOf(h: HostConfig): Resources['cpu'] {
  const cpu = {
    ...(h.CpuShares && { shares: h.CpuShares }),
    ...(h.NanoCpus && { period: PERIOD_US, quota: Math.floor((h.NanoCpus * PERIOD_US) / 1e9) }),
    ...(h.CpuPeriod && { period: h.CpuPeriod }),
    ...(h.CpuQuota && { quota: h.CpuQuota }),
    ...(h.CpusetCpus && { cpus: h.CpusetCpus }),
    ...(h.CpusetMems && { mems: h.CpusetMems }),
  };
  return Object.keys(cpu).length ? cpu : undefined;
}

/** Throws ApiError 400 for a path that is no block device. */
function blockDevice(path: string): { major: number; minor: number } {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (!stat) throw badParameter(`stat ${path}: no such file or directory`);
  if (!stat.isBlockDevice()) throw badParameter(`${path} is not a block device; only those can be throttled`);
  return deviceNumbers(stat.rdev);
}

function weights(list: DeviceWeight[] | null | undefined): WeightDevice[] {
  return (list ?? []).map(({ Path, Weight }) => {
    if (Weight < 10 || Weight > 1000) throw badParameter(`Range of blkio weight is from 10 to 1000, got ${Weight}`);
    return { ...blockDevice(Path), weight: Weight };
  });
}

function throttles(list: Throttle[] | null | undefined): ThrottleDevice[] {
  return (list ?? []).map(({ Path, Rate }) => {
    const device = blockDevice(Path);
    if (!Number.isSafeInteger(Rate) || Rate < 0)
      throw badParameter(`invalid rate ${Rate} for ${Path}; give a positive whole number`);
    return { ...device, rate: Rate };
  });
}

function blockIOOf(h: HostConfig): Resources['blockIO'] {
  const lists = {
    weightDevice: weights(h.BlkioWeightDevice),
    throttleReadBpsDevice: throttles(h.BlkioDeviceReadBps),
    throttleWriteBpsDevice: throttles(h.BlkioDeviceWriteBps),
    throttleReadIOPSDevice: throttles(h.BlkioDeviceReadIOps),
    throttleWriteIOPSDevice: throttles(h.BlkioDeviceWriteIOps),
  };
  const given = Object.fromEntries(Object.entries(lists).filter(([, list]) => list.length));
  const blockIO = { ...(h.BlkioWeight && { weight: h.BlkioWeight }), ...given };
  return Object.keys(blockIO).length ? blockIO : undefined;
}

/**
 * Only the limits that were given; zero values are left out. Throws ApiError 400 for a missing device of a throttle.
 */
export function resourcesOf(h: HostConfig): Omit<Resources, 'devices'> {
  const memory = memoryOf(h);
  const cpu = cpuOf(h);
  const blockIO = blockIOOf(h);
  return {
    ...(memory && { memory }),
    ...(cpu && { cpu }),
    // an update that removes the limit leaves 0, a create without limit stores null
    ...(typeof h.PidsLimit === 'number' && { pids: { limit: h.PidsLimit || -1 } }),
    ...(blockIO && { blockIO }),
  };
}
