/** What a container has used, from the files of version 1. */
import { totalmem } from 'node:os';
import type { CgroupStats } from './cgroup.ts';
import { readText } from './directory.ts';
import { keyed, number, USER_HZ_NS } from './stat-files.ts';
import type { DirectoryOf } from './write-limits.ts';

export function statsV1(directoryOf: DirectoryOf): CgroupStats {
  const read = (controller: string, file: string) => {
    const dir = directoryOf(controller);
    return dir ? readText(`${dir}/${file}`) : '';
  };
  const acct = keyed(read('cpuacct', 'cpuacct.stat'));
  const cfs = keyed(read('cpu', 'cpu.stat'));
  return {
    cpu: {
      total: number(read('cpuacct', 'cpuacct.usage')),
      user: (acct['user'] ?? 0) * USER_HZ_NS,
      system: (acct['system'] ?? 0) * USER_HZ_NS,
      perCpu: read('cpuacct', 'cpuacct.usage_percpu').split(/\s+/).filter(Boolean).map(Number),
      periods: cfs['nr_periods'] ?? 0,
      throttledPeriods: cfs['nr_throttled'] ?? 0,
      throttledTime: cfs['throttled_time'] ?? 0,
    },
    memory: {
      usage: number(read('memory', 'memory.usage_in_bytes')),
      maxUsage: number(read('memory', 'memory.max_usage_in_bytes')),
      // "no limit" is the largest page count; the container's limit then is the machine's memory
      limit: Math.min(number(read('memory', 'memory.limit_in_bytes'), Infinity), totalmem()),
      failcnt: number(read('memory', 'memory.failcnt')),
      stats: keyed(read('memory', 'memory.stat')),
    },
    pids: { current: number(read('pids', 'pids.current')), limit: number(read('pids', 'pids.max')) },
    io: blkio(
      read('blkio', 'blkio.throttle.io_service_bytes_recursive'),
      read('blkio', 'blkio.throttle.io_serviced_recursive'),
    ),
  };
}

/** Lines '8:0 Read 4096'. Sync, Async and Total are sums of others; Discard is not shown. */
function blkio(bytes: string, operations: string): CgroupStats['io'] {
  const parse = (text: string) => [...text.matchAll(/^(\d+):(\d+) (Read|Write) (\d+)$/gm)];
  const counts = new Map(parse(operations).map((m) => [`${m[1]}:${m[2]} ${m[3]}`, Number(m[4])]));
  return parse(bytes).map((m) => ({
    major: Number(m[1]),
    minor: Number(m[2]),
    op: m[3] as 'Read' | 'Write',
    bytes: Number(m[4]),
    operations: counts.get(`${m[1]}:${m[2]} ${m[3]}`) ?? 0,
  }));
}
