/** How much a container uses against how much it may, at this moment, from whichever version's files. */
import type { Cgroup } from './cgroup.ts';
import { readText } from './directory.ts';
import { number } from './stat-files.ts';

/** Sizes in bytes, times in nanoseconds; a limit that is not there has not been set. */
export interface Usage {
  /**
   * `most`: the highest it ever was; `kills`: how often the OOM killer came; `hits`: how often it met the limit, by
   * memory.failcnt, which
   * version 1 leaves alone when memory and swap together have the same limit, because that one is met first
   */
  memory: { usage: number; most?: number; limit?: number; hits: number; kills: number };
  /** `limit` in CPUs */
  cpu: { total: number; limit?: number; periods: number; throttledPeriods: number; throttledTime: number };
  pids: { current: number; limit?: number };
  io: { read: number; written: number };
  frozen: boolean;
  /**
   * PSI, "some" over the last ten seconds, in percent; version 1 has it for the machine only, and not every kernel has
   * it
   */
  pressure?: { of: 'container' | 'machine'; cpu: number; memory: number; io: number };
}

/** "max" and version 1's largest page count are no limits. */
export const limitIn = (text: string): number | undefined => {
  const limit = number(text, Infinity);
  return limit >= 0 && limit < 2 ** 60 ? limit : undefined;
};

/** cpu.max "50000 100000", or the two files of version 1; -1 and "max" are no limit. */
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

/** Zeros when the group is gone. */
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
