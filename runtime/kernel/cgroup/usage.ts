/** What a container uses and what its limits are, at this moment, on either version. */
import type { Cgroup } from './cgroup.ts';
import { readText } from './directory.ts';
import { number } from './stat-files.ts';

/** Sizes in bytes, times in nanoseconds. A missing limit is not set. */
export interface Usage {
  /**
   * `most`: the highest usage so far. `kills`: how often the OOM killer killed. `hits`: how often the limit was
   * reached, from memory.failcnt. Version 1 does not count there when memory and memory plus swap have the same limit,
   * because the latter is reached first.
   */
  memory: { usage: number; most?: number; limit?: number; hits: number; kills: number };
  /** `limit` in CPUs */
  cpu: { total: number; limit?: number; periods: number; throttledPeriods: number; throttledTime: number };
  pids: { current: number; limit?: number };
  io: { read: number; written: number };
  frozen: boolean;
  /**
   * PSI: "some" of the last ten seconds, in percent. Version 1 has it only for the whole machine, and some kernels do
   * not have it.
   */
  pressure?: { of: 'container' | 'machine'; cpu: number; memory: number; io: number };
}

/** The limit in a file; undefined for "max" and for version 1's largest page count. */
export const limitIn = (text: string): number | undefined => {
  const limit = number(text, Infinity);
  return limit >= 0 && limit < 2 ** 60 ? limit : undefined;
};

/** The number of CPUs in cpu.max "50000 100000" or in the two files of version 1; undefined for -1 and "max". */
export function cpusIn(quota: string, period: string): number | undefined {
  const of = number(period);
  const share = number(quota, -1);
  return share > 0 && of > 0 ? share / of : undefined;
}

/** accounting/psi: 'some avg10=1.50 avg60=…' */
const psi = (text: string): number | undefined => {
  const found = /^some avg10=([\d.]+)/m.exec(text)?.[1];
  return found === undefined ? undefined : Number(found);
};

function pressureOf(cgroup: Cgroup): Usage['pressure'] {
  const machine = cgroup.version === 1;
  const [cpu, memory, io] = (['cpu', 'memory', 'io'] as const).map((what) =>
    psi(readText(machine ? `/proc/pressure/${what}` : (cgroup.pathOf(what, `${what}.pressure`) ?? ''))),
  );
  return cpu === undefined && memory === undefined && io === undefined
    ? undefined
    : { of: machine ? 'machine' : 'container', cpu: cpu ?? 0, memory: memory ?? 0, io: io ?? 0 };
}

const given = <K extends string>(name: K, value: number | undefined) =>
  (value === undefined ? {} : { [name]: value }) as { [N in K]?: number };

/** All zero when the group is gone. */
export async function usageOf(cgroup: Cgroup): Promise<Usage> {
  const v1 = cgroup.version === 1;
  const read = (controller: string, one: string, two: string) =>
    readText(cgroup.pathOf(controller, v1 ? one : two) ?? '').trim();
  const { memory, cpu, pids, io } = await cgroup.stats();
  const [quota, period] = v1
    ? [read('cpu', 'cpu.cfs_quota_us', ''), read('cpu', 'cpu.cfs_period_us', '')]
    : read('cpu', '', 'cpu.max').split(' ');
  const moved = (op: 'Read' | 'Write') => io.filter((row) => row.op === op).reduce((sum, { bytes }) => sum + bytes, 0);
  const pressure = pressureOf(cgroup);
  return {
    memory: {
      usage: memory.usage,
      ...given('most', memory.maxUsage || undefined),
      ...given('limit', limitIn(read('memory', 'memory.limit_in_bytes', 'memory.max'))),
      hits: memory.failcnt ?? 0,
      kills: cgroup.oom().kills,
    },
    cpu: {
      total: cpu.total,
      ...given('limit', cpusIn(quota ?? '', period ?? '')),
      periods: cpu.periods,
      throttledPeriods: cpu.throttledPeriods,
      throttledTime: cpu.throttledTime,
    },
    pids: { current: pids.current, ...given('limit', limitIn(read('pids', 'pids.max', 'pids.max'))) },
    io: { read: moved('Read'), written: moved('Write') },
    frozen: v1 ? read('freezer', 'freezer.state', '') === 'FROZEN' : /^frozen 1$/m.test(read('', '', 'cgroup.events')),
    ...(pressure && { pressure }),
  };
}
