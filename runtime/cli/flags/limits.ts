/** Flags for resource limits: cgroups(7) and getrlimit(2). */
import type { HostConfig, Throttle, DeviceWeight } from '../../request/container-request.ts';
import { ulimitNames } from '../../oci/ulimit-names.ts';
import { integer, pair, push, size, type Flag } from './flag.ts';

type NumberKey =
  | 'Memory'
  | 'MemorySwap'
  | 'MemoryReservation'
  | 'MemorySwappiness'
  | 'CpuShares'
  | 'CpuPeriod'
  | 'CpuQuota'
  | 'PidsLimit'
  | 'BlkioWeight';
type ThrottleKey = 'BlkioDeviceReadBps' | 'BlkioDeviceWriteBps' | 'BlkioDeviceReadIOps' | 'BlkioDeviceWriteIOps';

const number = (flags: string, help: string, key: NumberKey, parse = integer): Flag => ({
  flags,
  help,
  set: (b, v) => void (b.HostConfig[key] = parse(v)),
});
const throttle = (flags: string, help: string, key: ThrottleKey, parse: (text: string) => number): Flag => ({
  flags,
  help,
  many: true,
  set: (b, v) => {
    const [path, rate] = pair(v, ':');
    if (!path.startsWith('/dev/') || !rate) throw new Error('give /dev/path:rate');
    b.HostConfig[key] = push<Throttle>(b.HostConfig[key], { Path: path, Rate: parse(rate) });
  },
});
const text = (flags: string, help: string, key: 'CpusetCpus' | 'CpusetMems' | 'CgroupParent'): Flag => ({
  flags,
  help,
  set: (b, v) => void (b.HostConfig[key] = v),
});
const orUnlimited = (value: string) => (value === '-1' ? -1 : size(value));

function cpus(value: string): number {
  if (!/^\d*\.?\d+$/.test(value)) throw new Error('give a number of cpus like 1.5');
  return Math.round(Number(value) * 1e9);
}

function ulimit(config: HostConfig, value: string): void {
  const [name, range] = pair(value);
  if (!ulimitNames.includes(name)) throw new Error(`unknown limit: give one of ${ulimitNames.join(', ')}`);
  const [soft, hard = soft] = range.split(':');
  const [Soft, Hard] = [integer(soft!), integer(hard!)];
  if (Hard !== -1 && (Soft > Hard || Soft === -1))
    throw new Error(`the soft limit ${Soft} is above the hard limit ${Hard}`);
  config.Ulimits = [...(config.Ulimits ?? []).filter((other) => other.Name !== name), { Name: name, Soft, Hard }];
}

export const limitFlags: readonly Flag[] = [
  number('-m, --memory <bytes>', 'memory limit', 'Memory', size),
  number('--memory-swap <bytes>', 'memory and swap together; -1: no limit on swap', 'MemorySwap', orUnlimited),
  number('--memory-reservation <bytes>', 'soft memory limit', 'MemoryReservation', size),
  number('--memory-swappiness <0-100>', 'how willingly memory is swapped', 'MemorySwappiness'),
  {
    flags: '--oom-kill-disable',
    help: 'stop instead of killing when memory is out (cgroup v1)',
    set: (b) => void (b.HostConfig.OomKillDisable = true),
  },
  {
    flags: '--cpus <number>',
    help: 'share of all cpus, 1.5 for one and a half',
    set: (b, v) => void (b.HostConfig.NanoCpus = cpus(v)),
  },
  number('-c, --cpu-shares <number>', 'weight against other containers (1024)', 'CpuShares'),
  number('--cpu-period <microseconds>', 'length of a scheduling period', 'CpuPeriod'),
  number('--cpu-quota <microseconds>', 'cpu time in each period', 'CpuQuota'),
  text('--cpuset-cpus <list>', 'cpus that may be used: 0-2,4', 'CpusetCpus'),
  text('--cpuset-mems <list>', 'memory nodes that may be used', 'CpusetMems'),
  number('--pids-limit <number>', 'number of processes and threads; -1: no limit', 'PidsLimit'),
  number('--blkio-weight <10-1000>', 'weight of block I/O', 'BlkioWeight'),
  {
    flags: '--blkio-weight-device <device:weight>',
    help: 'weight of block I/O on one device',
    many: true,
    set: (b, v) => {
      const [Path, weight] = pair(v, ':');
      if (!Path.startsWith('/dev/') || !weight) throw new Error('give /dev/path:weight');
      const { BlkioWeightDevice: list } = b.HostConfig;
      b.HostConfig.BlkioWeightDevice = push<DeviceWeight>(list, { Path, Weight: integer(weight) });
    },
  },
  throttle('--device-read-bps <device:rate>', 'bytes a second read from a device', 'BlkioDeviceReadBps', size),
  throttle('--device-write-bps <device:rate>', 'bytes a second written to a device', 'BlkioDeviceWriteBps', size),
  throttle('--device-read-iops <device:rate>', 'reads a second from a device', 'BlkioDeviceReadIOps', integer),
  throttle('--device-write-iops <device:rate>', 'writes a second to a device', 'BlkioDeviceWriteIOps', integer),
  {
    flags: '--ulimit <name=soft[:hard]>',
    help: 'a resource limit of the process',
    many: true,
    set: (b, v) => ulimit(b.HostConfig, v),
  },
  text('--cgroup-parent <path>', "the cgroup above the container's", 'CgroupParent'),
];
