/** The files of a cgroup that show its state and limits, as they are now. */
import type { InspectionSection } from '../../journal/inspection-section.ts';
import { readText } from './directory.ts';

/** File names. Missing files are skipped, so one list serves both versions and all controllers. */
const FILES = [
  'cgroup.procs',
  'cgroup.controllers',
  'cgroup.subtree_control',
  'cgroup.freeze',
  'cgroup.events',
  'freezer.state',
  'memory.limit_in_bytes',
  'memory.memsw.limit_in_bytes',
  'memory.soft_limit_in_bytes',
  'memory.usage_in_bytes',
  'memory.max_usage_in_bytes',
  'memory.swappiness',
  'memory.oom_control',
  'memory.max',
  'memory.swap.max',
  'memory.low',
  'memory.current',
  'memory.peak',
  'memory.events',
  'cpu.shares',
  'cpu.cfs_period_us',
  'cpu.cfs_quota_us',
  'cpu.weight',
  'cpu.max',
  'cpu.stat',
  'cpuacct.usage',
  'cpuacct.stat',
  'cpuset.cpus',
  'cpuset.mems',
  'cpuset.cpus.effective',
  'cpuset.mems.effective',
  'pids.max',
  'pids.current',
  'devices.list',
  'blkio.weight',
  'blkio.bfq.weight',
  'blkio.throttle.read_bps_device',
  'blkio.throttle.write_bps_device',
  'blkio.throttle.read_iops_device',
  'blkio.throttle.write_iops_device',
  'io.weight',
  'io.bfq.weight',
  'io.max',
];

function lines(dir: string): string[] {
  return FILES.flatMap((file) => {
    const text = readText(`${dir}/${file}`).trimEnd();
    return text.includes('\n')
      ? [`${file}:`, ...text.split('\n').map((line) => `  ${line}`)]
      : text
        ? [`${file} ${text}`]
        : [];
  });
}

export const inspectFiles = (places: readonly { title: string; dir: string }[]): InspectionSection[] =>
  places.map(({ title, dir }) => ({ title, lines: lines(dir) })).filter((e) => e.lines.length);
