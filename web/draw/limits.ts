/** What was written into a group's files as a limit. */
import { bytes } from './facts.ts';
import type { Group } from './groups.ts';

export interface Limit { key: string; controller: string; name: string; limit: number; usage?: number; shown: string; usageShown?: string; max: number }
const unlimited = (value: number) => !(value > 0 && value < 2 ** 60);
/** So that some room is left behind the wall. */
export const scaleTop = (limit: number): number => 2 ** Math.ceil(Math.log2(limit * 1.25));

type Reader = (files: Record<string, string>) => Omit<Limit, 'key' | 'controller' | 'max'> | undefined;
const amount = (name: string, limitFile: string, usageFile: string, show: (n: number) => string): Reader => (files) => {
  const limit = Number(files[limitFile]);
  if (files[limitFile] === undefined || unlimited(limit)) return undefined;
  const usage = files[usageFile] === undefined ? undefined : Number(files[usageFile]);
  return { name, limit, shown: show(limit), ...(usage !== undefined && { usage, usageShown: show(usage) }) };
};
export const cpus = (n: number): string => `${Number(n.toPrecision(3))} CPU${n === 1 ? '' : 's'}`;
const readers: readonly Reader[] = [
  amount('memory', 'memory.limit_in_bytes', 'memory.usage_in_bytes', bytes), amount('memory', 'memory.max', 'memory.current', bytes),
  amount('memory and swap', 'memory.memsw.limit_in_bytes', 'memory.memsw.usage_in_bytes', bytes), amount('swap', 'memory.swap.max', 'memory.swap.current', bytes),
  amount('processes', 'pids.max', 'pids.current', String),
  ({ 'cpu.cfs_quota_us': quota, 'cpu.cfs_period_us': period = '100000' }) => (quota && Number(quota) > 0 ? { name: 'processor time', limit: Number(quota) / Number(period), shown: cpus(Number(quota) / Number(period)) } : undefined),
  ({ 'cpu.max': max }) => {
    const [quota = '', period = '100000'] = (max ?? '').split(' ');
    return Number(quota) > 0 ? { name: 'processor time', limit: Number(quota) / Number(period), shown: cpus(Number(quota) / Number(period)) } : undefined;
  },
];
export const limitsOf = (group: Group): Limit[] => readers.flatMap((read) => {
  const limit = read(group.files);
  return limit ? [{ ...limit, key: `${group.dir} ${limit.name}`, controller: group.controllers, max: scaleTop(limit.limit) }] : [];
});
