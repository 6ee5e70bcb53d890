/**
 * OCI resources → file → value, for both versions of cgroups.
 *
 * v1: admin-guide/cgroup-v1; v2: admin-guide/cgroup-v2, "Controllers". Rows are written in this order. A row without a
 * value is not written. If its file does not exist, the row's warning is returned (Docker's text) and the container
 * runs without the limit.
 */
import type { Resources, ThrottleDevice, WeightDevice } from '../../oci/spec.ts';

export interface Limit {
  controller: string;
  /** the first of these that exists is written */
  files: string[];
  /** one write for each value; [] when the limit is not set */
  values(r: Resources, file: string): string[];
  /** shown to the user when none of the files exists */
  warning: string;
}

const one = (value: number | string | undefined | null | false): string[] =>
  value === undefined || value === null || value === false || value === '' ? [] : [String(value)];
/** v2 writes "max" where v1 writes -1. */
const max = (value: number | undefined): string[] => (value === undefined ? [] : [value < 0 ? 'max' : String(value)]);
const throttle = (devices: ThrottleDevice[] | undefined, show: (rate: number) => string) =>
  (devices ?? []).map((d) => `${d.major}:${d.minor} ${show(d.rate)}`);

const weights = (devices: WeightDevice[] | undefined) =>
  (devices ?? []).map((d) => `${d.major}:${d.minor} ${d.weight}`);

const lacks = (what: string, discarded: string) =>
  `Your kernel does not support ${what} or the cgroup is not mounted. ${discarded} discarded.`;
const warnings = {
  memory: lacks('memory limit capabilities', 'Limitation'),
  swap: 'Your kernel does not support swap limit capabilities or the cgroup is not mounted. Memory limited without swap.',
  reservation: lacks('memory soft limit capabilities', 'Limitation'),
  swappiness: lacks('memory swappiness capabilities', 'Memory swappiness'),
  oom: 'Your kernel does not support OomKillDisable. OomKillDisable discarded.',
  shares: lacks('CPU shares', 'Shares'),
  cfs: 'Your kernel does not support CPU CFS scheduler. CPU period/quota discarded.',
  cpuset: lacks('cpuset', 'Cpuset'),
  pids: lacks('PIDs limit capabilities', 'PIDs limit'),
  weight: lacks('Block I/O weight', 'Weight'),
  weightDevice: lacks('Block I/O weight_device', 'Weight-device'),
  readBps: lacks('BPS Block I/O read limit', 'Block I/O BPS read limit'),
  writeBps: lacks('BPS Block I/O write limit', 'Block I/O BPS write limit'),
  readIops: lacks('IOPS Block read limit', 'Block I/O IOPS read limit'),
  writeIops: lacks('IOPS Block write limit', 'Block I/O IOPS write limit'),
};

type Row = [controller: string, file: string | string[], values: Limit['values'], warning: string];
const table = (...rows: Row[]): Limit[] =>
  rows.map(([controller, file, values, warning]) => ({ controller, files: [file].flat(), values, warning }));

export const v1Limits: Limit[] = table(
  ['memory', 'memory.limit_in_bytes', (r) => one(r.memory?.limit), warnings.memory],
  ['memory', 'memory.memsw.limit_in_bytes', (r) => one(r.memory?.swap), warnings.swap],
  ['memory', 'memory.soft_limit_in_bytes', (r) => one(r.memory?.reservation), warnings.reservation],
  ['memory', 'memory.swappiness', (r) => one(r.memory?.swappiness), warnings.swappiness],
  ['memory', 'memory.oom_control', (r) => one(r.memory?.disableOOMKiller && '1'), warnings.oom],
  ['cpu', 'cpu.shares', (r) => one(r.cpu?.shares), warnings.shares],
  ['cpu', 'cpu.cfs_period_us', (r) => one(r.cpu?.period), warnings.cfs],
  ['cpu', 'cpu.cfs_quota_us', (r) => one(r.cpu?.quota), warnings.cfs],
  ['cpuset', 'cpuset.cpus', (r) => one(r.cpu?.cpus), warnings.cpuset],
  ['cpuset', 'cpuset.mems', (r) => one(r.cpu?.mems), warnings.cpuset],
  ['pids', 'pids.max', (r) => max(r.pids && (r.pids.limit > 0 ? r.pids.limit : -1)), warnings.pids],
  ['blkio', ['blkio.weight', 'blkio.bfq.weight'], (r) => one(r.blockIO?.weight), warnings.weight],
  [
    'blkio',
    ['blkio.weight_device', 'blkio.bfq.weight_device'],
    (r) => weights(r.blockIO?.weightDevice),
    warnings.weightDevice,
  ],
  [
    'blkio',
    'blkio.throttle.read_bps_device',
    (r) => throttle(r.blockIO?.throttleReadBpsDevice, String),
    warnings.readBps,
  ],
  [
    'blkio',
    'blkio.throttle.write_bps_device',
    (r) => throttle(r.blockIO?.throttleWriteBpsDevice, String),
    warnings.writeBps,
  ],
  [
    'blkio',
    'blkio.throttle.read_iops_device',
    (r) => throttle(r.blockIO?.throttleReadIOPSDevice, String),
    warnings.readIops,
  ],
  [
    'blkio',
    'blkio.throttle.write_iops_device',
    (r) => throttle(r.blockIO?.throttleWriteIOPSDevice, String),
    warnings.writeIops,
  ],
);

/**
 * 2…262144 with default 1024 → 1…10000 with default 100: a curve through the three points, as runc and crun compute
 * it. A straight line would make v1's default less than half of v2's default.
 */
export function weightOfShares(shares: number): number {
  if (shares <= 2) return 1;
  if (shares >= 262144) return 10000;
  const l = Math.log2(shares);
  return Math.ceil(10 ** ((l * l + 125 * l) / 612 - 7 / 34));
}
/** 10…1000 → 1…10000, a straight line as in runc */
export const ioWeightOfBlkio = (weight: number): number => 1 + Math.floor(((weight - 10) * 9999) / 990);

function cpuMax(r: Resources): string[] {
  const { quota, period } = r.cpu ?? {};
  return quota === undefined && period === undefined
    ? []
    : [`${quota && quota > 0 ? quota : 'max'} ${period ?? 100000}`];
}
/** v1 limits the sum of memory and swap, v2 limits swap alone. */
function swapMax(r: Resources): string[] {
  const { limit, swap } = r.memory ?? {};
  if (swap === undefined) return [];
  return max(swap < 0 || limit === undefined || limit < 0 ? -1 : swap - limit);
}

/** io.bfq.weight has the range of v1. */
function ioWeight(r: Resources, file: string): string[] {
  const weight = r.blockIO?.weight;
  return one(weight && (file === 'io.bfq.weight' ? weight : `default ${ioWeightOfBlkio(weight)}`));
}

export const v2Limits: Limit[] = table(
  ['memory', 'memory.max', (r) => max(r.memory?.limit), warnings.memory],
  ['memory', 'memory.swap.max', swapMax, warnings.swap],
  ['memory', 'memory.low', (r) => max(r.memory?.reservation), warnings.reservation],
  ['memory', [], (r) => one(r.memory?.swappiness), warnings.swappiness],
  ['memory', [], (r) => one(r.memory?.disableOOMKiller && '1'), warnings.oom],
  ['cpu', 'cpu.weight', (r) => one(r.cpu?.shares && weightOfShares(r.cpu.shares)), warnings.shares],
  ['cpu', 'cpu.max', cpuMax, warnings.cfs],
  ['cpuset', 'cpuset.cpus', (r) => one(r.cpu?.cpus), warnings.cpuset],
  ['cpuset', 'cpuset.mems', (r) => one(r.cpu?.mems), warnings.cpuset],
  ['pids', 'pids.max', (r) => max(r.pids && (r.pids.limit > 0 ? r.pids.limit : -1)), warnings.pids],
  ['io', ['io.bfq.weight', 'io.weight'], ioWeight, warnings.weight],
  ['io', 'io.bfq.weight', (r) => weights(r.blockIO?.weightDevice), warnings.weightDevice],
  ['io', 'io.max', (r) => throttle(r.blockIO?.throttleReadBpsDevice, (n) => `rbps=${n || 'max'}`), warnings.readBps],
  ['io', 'io.max', (r) => throttle(r.blockIO?.throttleWriteBpsDevice, (n) => `wbps=${n || 'max'}`), warnings.writeBps],
  ['io', 'io.max', (r) => throttle(r.blockIO?.throttleReadIOPSDevice, (n) => `riops=${n || 'max'}`), warnings.readIops],
  [
    'io',
    'io.max',
    (r) => throttle(r.blockIO?.throttleWriteIOPSDevice, (n) => `wiops=${n || 'max'}`),
    warnings.writeIops,
  ],
);
