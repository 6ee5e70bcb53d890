/** What a container has used, from the files of version 2. */
import { totalmem } from 'node:os';
import type { CgroupStats } from './cgroup.ts';
import { readText } from './directory.ts';
import { keyed, number } from './stat-files.ts';

const US = 1000;

export function statsV2(dir: string): CgroupStats {
  const read = (file: string) => readText(`${dir}/${file}`);
  const cpu = keyed(read('cpu.stat'));
  return {
    cpu: {
      total: (cpu['usage_usec'] ?? 0) * US,
      user: (cpu['user_usec'] ?? 0) * US,
      system: (cpu['system_usec'] ?? 0) * US,
      periods: cpu['nr_periods'] ?? 0,
      throttledPeriods: cpu['nr_throttled'] ?? 0,
      throttledTime: (cpu['throttled_usec'] ?? 0) * US,
    },
    memory: {
      usage: number(read('memory.current')),
      maxUsage: number(read('memory.peak')),
      limit: Math.min(number(read('memory.max'), Infinity), totalmem()),
      failcnt: keyed(read('memory.events'))['max'] ?? 0,
      stats: keyed(read('memory.stat')),
    },
    pids: { current: number(read('pids.current')), limit: number(read('pids.max')) },
    io: ioStat(read('io.stat')),
  };
}

/** '8:0 rbytes=90112 wbytes=0 rios=3 wios=0 dbytes=0 dios=0' */
function ioStat(text: string): CgroupStats['io'] {
  return [...text.matchAll(/^(\d+):(\d+) (.*)$/gm)].flatMap((m) => {
    const values = Object.fromEntries(m[3]!.split(' ').map((pair) => pair.split('='))) as Record<string, string>;
    const row = (op: 'Read' | 'Write', letter: string) => ({
      major: Number(m[1]),
      minor: Number(m[2]),
      op,
      bytes: Number(values[`${letter}bytes`] ?? 0),
      operations: Number(values[`${letter}ios`] ?? 0),
    });
    return [row('Read', 'r'), row('Write', 'w')];
  });
}
