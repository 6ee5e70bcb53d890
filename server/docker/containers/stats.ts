/** GET /containers/{id}/stats: the cgroup's counters in docker's format. Engine API, "Get container stats". */
import { readFile } from 'node:fs/promises';
import { cpus, totalmem } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ContainerHandle } from '../../../runtime/engine/engine.ts';
import type { CgroupStats } from '../../../runtime/kernel/cgroup/cgroup.ts';
import { isUp } from '../networks/networks-view.ts';
import type { Exchange, Routes } from '../http/route.ts';
import { jsonLines, sendJson } from '../http/send.ts';

const PERIOD_MS = 1000;
const NEVER = '0001-01-01T00:00:00Z';
const NS_PER_TICK = 1e9 / 100;

/**
 * The time of all CPUs since boot, in ns. proc_stat(5) counts in USER_HZ ticks; user time already includes guest time.
 */
async function systemCpu(): Promise<number> {
  const [, ...ticks] = (await readFile('/proc/stat', 'utf8')).split('\n', 1)[0]!.trim().split(/\s+/);
  return ticks.slice(0, 8).reduce((sum, n) => sum + Number(n), 0) * NS_PER_TICK;
}

interface CpuView {
  cpu_usage: { total_usage: number; usage_in_kernelmode: number; usage_in_usermode: number; percpu_usage?: number[] };
  system_cpu_usage?: number;
  online_cpus?: number;
  throttling_data: { periods: number; throttled_periods: number; throttled_time: number };
}
const noCpu: CpuView = {
  cpu_usage: { total_usage: 0, usage_in_kernelmode: 0, usage_in_usermode: 0 },
  throttling_data: { periods: 0, throttled_periods: 0, throttled_time: 0 },
};
const cpuView = (cpu: CgroupStats['cpu'], system: number): CpuView => ({
  cpu_usage: {
    total_usage: cpu.total,
    usage_in_kernelmode: cpu.system,
    usage_in_usermode: cpu.user,
    ...(cpu.perCpu && { percpu_usage: cpu.perCpu }),
  },
  system_cpu_usage: system,
  online_cpus: cpus().length,
  throttling_data: { periods: cpu.periods, throttled_periods: cpu.throttledPeriods, throttled_time: cpu.throttledTime },
});

/**
 * Memory in docker's format. "No limit" is a huge number in cgroup v1, and Infinity or absent in v2. Clients divide by
 * the limit, so it becomes the machine's memory then.
 */
const memoryView = (memory: CgroupStats['memory']): object => ({
  usage: memory.usage,
  ...(memory.maxUsage !== undefined && { max_usage: memory.maxUsage }),
  stats: memory.stats,
  ...(memory.failcnt !== undefined && { failcnt: memory.failcnt }),
  limit: memory.limit > 0 ? Math.min(memory.limit, totalmem()) : totalmem(),
});

function blockView(io: CgroupStats['io']): object {
  const rows = (field: 'bytes' | 'operations') =>
    io.map((row) => ({ major: row.major, minor: row.minor, op: row.op.toLowerCase(), value: row[field] }));
  return {
    io_service_bytes_recursive: rows('bytes'),
    io_serviced_recursive: rows('operations'),
    io_queue_recursive: null,
    io_service_time_recursive: null,
    io_wait_time_recursive: null,
    io_merged_recursive: null,
    io_time_recursive: null,
    sectors_recursive: null,
  };
}

interface Sample {
  read: string;
  cpu_stats: CpuView;
  precpu_stats: CpuView;
}
const empty: Sample = { read: NEVER, cpu_stats: noCpu, precpu_stats: noCpu };

/** One sample; `before` is the sample that clients subtract. A container that is not running has zeros only. */
async function sample(handle: ContainerHandle, before: Sample): Promise<Sample> {
  const names = { name: `/${handle.container.name}`, id: handle.container.id };
  const pre = { preread: before.read, precpu_stats: before.cpu_stats };
  if (!isUp(handle))
    return {
      ...empty,
      ...pre,
      ...names,
      pids_stats: {},
      num_procs: 0,
      storage_stats: {},
      memory_stats: {},
      blkio_stats: blockView([]),
    } as Sample;
  const [{ cgroup, networks }, system] = await Promise.all([handle.stats(), systemCpu()]);
  return {
    read: new Date().toISOString(),
    ...pre,
    ...names,
    num_procs: 0,
    storage_stats: {},
    pids_stats: {
      current: cgroup.pids.current,
      ...(Number.isSafeInteger(cgroup.pids.limit) && cgroup.pids.limit > 0 && { limit: cgroup.pids.limit }),
    },
    cpu_stats: cpuView(cgroup.cpu, system),
    memory_stats: memoryView(cgroup.memory),
    blkio_stats: blockView(cgroup.io),
    networks,
  } as Sample;
}

async function stats(x: Exchange): Promise<void> {
  const handle = x.engine.container(x.param('id'));
  const gone = x.gone();
  let last = await sample(handle, empty);
  if (!x.query.flag('stream', true)) {
    // a percentage needs two samples; a client that wants only one sends one-shot
    if (isUp(handle) && !x.query.flag('one-shot')) {
      await sleep(PERIOD_MS, undefined, { signal: gone }).catch(() => undefined);
      last = await sample(handle, last);
    }
    return sendJson(x.res, 200, last);
  }
  const out = jsonLines(x.res);
  while (await out.line(last)) {
    await sleep(PERIOD_MS, undefined, { signal: gone }).catch(() => undefined);
    if (gone.aborted || !x.engine.containers().some((c) => c.container.id === handle.container.id)) break;
    last = await sample(handle, last);
  }
  out.end();
}

export const containersStats: Routes = { 'GET /containers/*id/stats': stats };
