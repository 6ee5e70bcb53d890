/** The limits that were written into a group's files. */
import type { DrawWords } from '../words/en/draw.ts';
import { bytes, cpus } from './amounts.ts';
import type { Group } from './groups.ts';

/** The limited resources. */
export type Counted = keyof DrawWords['cgroups']['limits'];
export interface Limit {
  key: string;
  controller: string;
  of: Counted;
  name: string;
  limit: number;
  usage?: number;
  shown: string;
  usageShown?: string;
}
const unlimited = (value: number) => !(value > 0 && value < 2 ** 60);
/**
 * The end of a gauge's axis, with some space behind the wall: 20 × 8ⁿ, which is 2.5, 20, 160 …, and in bytes 40 MiB,
 * 320 MiB, 2.5 GiB … The steps are wide, so that 64, 128 and 256 MiB are on one axis: a limit that is changed moves the
 * wall, not the axis.
 */
export const scaleTop = (limit: number): number =>
  20 * 8 ** Math.ceil(Math.log((limit * 1.2) / 20) / Math.log(8) - 1e-9);
/** Formats an amount of the resource. */
export const showing =
  ({ amounts }: DrawWords, of: Counted) =>
  (n: number): string =>
    of === 'pids' ? String(n) : of === 'cpu' ? cpus(n, amounts) : bytes(n, amounts);

type Reader = (files: Record<string, string>) => Pick<Limit, 'of' | 'limit' | 'usage'> | undefined;
const amount =
  (of: Counted, limitFile: string, usageFile: string): Reader =>
  (files) => {
    const limit = Number(files[limitFile]);
    if (files[limitFile] === undefined || unlimited(limit)) return undefined;
    return { of, limit, ...(files[usageFile] !== undefined && { usage: Number(files[usageFile]) }) };
  };
const share = (quota: string | undefined, period: string): ReturnType<Reader> =>
  Number(quota) > 0 ? { of: 'cpu', limit: Number(quota) / Number(period) } : undefined;
const readers: readonly Reader[] = [
  amount('memory', 'memory.limit_in_bytes', 'memory.usage_in_bytes'),
  amount('memory', 'memory.max', 'memory.current'),
  amount('memsw', 'memory.memsw.limit_in_bytes', 'memory.memsw.usage_in_bytes'),
  amount('swap', 'memory.swap.max', 'memory.swap.current'),
  amount('pids', 'pids.max', 'pids.current'),
  ({ 'cpu.cfs_quota_us': quota, 'cpu.cfs_period_us': period = '100000' }) => share(quota, period),
  ({ 'cpu.max': max = '' }) => {
    const [quota, period = '100000'] = max.split(' ');
    return share(quota, period);
  },
];
export const limitsOf = (words: DrawWords, group: Group): Limit[] =>
  readers.flatMap((read) => {
    const found = read(group.files);
    if (!found) return [];
    const { of, limit, usage } = found;
    const show = showing(words, of);
    return [
      {
        ...found,
        key: `${group.dir} ${of}`,
        controller: group.controllers,
        name: words.cgroups.limits[of],
        shown: show(limit),
        ...(usage !== undefined && { usageShown: show(usage) }),
      },
    ];
  });
