/**
 * The container's cgroup files, under names with the same meaning in both versions: cgroups(7). Sizes in bytes,
 * cpu.quota in processors.
 */
import { readFileSync } from 'node:fs';
import { kind, type Family, type Subject } from './check.ts';
import { compare, number, object, oneOf, op, truth } from './shape.ts';

const UNLIMITED = Number.MAX_SAFE_INTEGER;
const file = (subject: Subject, controller: string, name: string): string => {
  try {
    return readFileSync(`${subject.cgroupDir(controller) ?? '/nonexistent'}/${name}`, 'utf8').trim();
  } catch {
    return '';
  }
};
const first = (...texts: string[]): string => texts.find((one) => one !== '') ?? '';
/** No limit is "max" in v2, and a number larger than any machine's memory in v1. */
const size = (text: string) =>
  text === '' ? undefined : text === 'max' || Number(text) > 2 ** 60 ? UNLIMITED : Number(text);
const row = (text: string, name: string) => size(new RegExp(`^${name} (\\d+)`, 'm').exec(text)?.[1] ?? '');

function quota(subject: Subject): number | undefined {
  const [most = '', period = ''] = file(subject, 'cpu', 'cpu.max').split(' ');
  const [us, per] = most
    ? [most, period]
    : [file(subject, 'cpu', 'cpu.cfs_quota_us'), file(subject, 'cpu', 'cpu.cfs_period_us')];
  if (us === '') return undefined;
  return us === 'max' || Number(us) < 0 ? UNLIMITED : Number(us) / Number(per);
}

/** [controller, the file of v1, the file of v2] */
const values = {
  'memory.limit': (s: Subject) =>
    size(first(file(s, 'memory', 'memory.max'), file(s, 'memory', 'memory.limit_in_bytes'))),
  'memory.usage': (s: Subject) =>
    size(first(file(s, 'memory', 'memory.current'), file(s, 'memory', 'memory.usage_in_bytes'))),
  'memory.peak': (s: Subject) =>
    size(first(file(s, 'memory', 'memory.peak'), file(s, 'memory', 'memory.max_usage_in_bytes'))),
  'memory.oomKills': (s: Subject) =>
    row(first(file(s, 'memory', 'memory.events'), file(s, 'memory', 'memory.oom_control')), 'oom_kill'),
  'pids.limit': (s: Subject) => size(file(s, 'pids', 'pids.max')),
  'pids.current': (s: Subject) => size(file(s, 'pids', 'pids.current')),
  'pids.refused': (s: Subject) => row(file(s, 'pids', 'pids.events'), 'max'),
  'cpu.quota': quota,
  'cpu.shares': (s: Subject) => size(first(file(s, 'cpu', 'cpu.weight'), file(s, 'cpu', 'cpu.shares'))),
  'cpu.throttled': (s: Subject) => row(file(s, 'cpu', 'cpu.stat'), 'nr_throttled'),
} as const;
export type CgroupValue = keyof typeof values;
const limits = { memory: 'memory.limit', cpu: 'cpu.quota', pids: 'pids.limit' } as const;
const names = Object.keys(values) as CgroupValue[];
/** The values that only grow. */
const counters = ['memory.oomKills', 'pids.refused', 'cpu.throttled'] as const satisfies CgroupValue[];

/** The state that the kernel has reached, not the requested one: cgroup.freeze is 1 before all processes are frozen. */
const frozen = (s: Subject) =>
  file(s, 'freezer', 'freezer.state') === 'FROZEN' || row(file(s, 'freezer', 'cgroup.events'), 'frozen') === 1;

export const cgroup: Family = {
  'cgroup.value': kind({
    live: true,
    arg: object({ of: oneOf<CgroupValue>('of', names), op, value: number }),
    says: ({ of, op: by = '=', value }) => ({
      en: `the kernel's ${of} is ${by === '=' ? '' : `${by} `}${value}`,
      ru: `${of} в ядре ${by} ${value}`,
    }),
    holds: ({ of, op: by, value }, subject) => {
      const now = values[of](subject);
      return now !== undefined && compare(now, by, value);
    },
  }),
  'cgroup.grown': kind({
    live: true,
    arg: object({ of: oneOf<(typeof counters)[number]>('of', counters), by: number }),
    says: ({ of, by }) => ({
      en: `the kernel's ${of} has grown by ${by} or more`,
      ru: `${of} в ядре выросло на ${by} или больше`,
    }),
    holds: async ({ of, by }, subject) => {
      const now = values[of](subject);
      return now !== undefined && (await subject.grown(of, now)) >= by;
    },
  }),
  'cgroup.limited': kind({
    live: true,
    arg: oneOf<keyof typeof limits>('what', ['memory', 'cpu', 'pids']),
    says: (what) => ({ en: `its cgroup limits ${what}`, ru: `его контрольная группа ограничивает ${what}` }),
    holds: (what, subject) => {
      const now = values[limits[what]](subject);
      return now !== undefined && now !== UNLIMITED;
    },
  }),
  'cgroup.frozen': kind({
    live: true,
    arg: truth,
    says: () => ({ en: 'its cgroup is frozen', ru: 'контрольная группа заморожена' }),
    holds: (_, subject) => frozen(subject),
  }),
  'cgroup.oom': kind({
    live: true,
    arg: truth,
    says: () => ({ en: 'the OOM killer came to its cgroup', ru: 'в контрольную группу приходил OOM killer' }),
    holds: (_, subject) => subject.state.oomKilled || (values['memory.oomKills'](subject) ?? 0) > 0,
  }),
};
