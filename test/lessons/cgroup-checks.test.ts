/** The cgroup checks, on directories with files as a kernel 6.1 wrote them in each version. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import type { Look, Subject } from '../../lessons/checks/check.ts';
import { holds, readCheck } from '../../lessons/checks/table.ts';
import { suite } from '../harness.ts';

const test = suite('checks of control groups in both versions');
const v1 = {
  'memory.limit_in_bytes': '67108864',
  'memory.usage_in_bytes': '33554432',
  'memory.oom_control': 'oom_kill_disable 0\nunder_oom 0\noom_kill 1\n',
  'cpu.cfs_quota_us': '20000',
  'cpu.cfs_period_us': '100000',
  'cpu.stat': 'nr_periods 9\nnr_throttled 7\nthrottled_time 5\n',
  'pids.max': '20',
  'pids.events': 'max 3\n',
  'freezer.state': 'FROZEN\n',
};
const v2 = {
  'memory.max': '67108864',
  'memory.current': '33554432',
  'memory.events': 'low 0\nhigh 0\nmax 12\noom 1\noom_kill 1\noom_group_kill 0\n',
  'cpu.max': '20000 100000\n',
  'cpu.stat': 'usage_usec 1\nnr_periods 9\nnr_throttled 7\nthrottled_usec 5\n',
  'pids.max': '20',
  'pids.events': 'max 3\n',
  'cgroup.freeze': '1\n',
  'cgroup.events': 'populated 1\nfrozen 1\n',
};
const open = { ...v2, 'memory.max': 'max\n', 'cpu.max': 'max 100000\n', 'pids.max': 'max\n' };

async function check(files: Record<string, string>, value: object): Promise<boolean> {
  const dir = mkdtempSync('/tmp/drydock-cgroup-checks-');
  try {
    for (const [name, text] of Object.entries(files)) writeFileSync(join(dir, name), text);
    const subject = {
      removed: false,
      state: { status: 'running', oomKilled: false },
      cgroupDir: () => dir,
      grown: async (_: string, now: number) => now - 2,
    } as unknown as Subject;
    return await holds(readCheck(value), { subject: undefined, subjects: [subject] } as unknown as Look);
  } finally {
    rmSync(dir, { recursive: true });
  }
}

const same: [holds: boolean, check: object][] = [
  [true, { 'cgroup.limited': 'memory' }],
  [true, { 'cgroup.limited': 'cpu' }],
  [true, { 'cgroup.limited': 'pids' }],
  [true, { 'cgroup.frozen': true }],
  [true, { 'cgroup.oom': true }],
  [true, { 'cgroup.value': { of: 'memory.limit', value: 67108864 } }],
  [true, { 'cgroup.value': { of: 'memory.usage', op: '>=', value: 31457280 } }],
  [true, { 'cgroup.value': { of: 'memory.oomKills', value: 1 } }],
  [true, { 'cgroup.value': { of: 'cpu.quota', value: 0.2 } }],
  [true, { 'cgroup.value': { of: 'cpu.throttled', value: 7 } }],
  [true, { 'cgroup.value': { of: 'pids.refused', value: 3 } }],
  [false, { 'cgroup.value': { of: 'pids.limit', op: '>', value: 20 } }],
  [true, { 'cgroup.grown': { of: 'cpu.throttled', by: 5 } }],
  [false, { 'cgroup.grown': { of: 'cpu.throttled', by: 6 } }],
  [false, { 'cgroup.grown': { of: 'pids.refused', by: 2 } }],
];
for (const [name, files] of [
  ['v1', v1],
  ['v2', v2],
] as const) {
  test(`of ${name} they mean the same`, async () => {
    for (const [good, value] of same) assert.is(await check(files, value), good, JSON.stringify(value));
  });
}

test('what says max limits nothing', async () => {
  for (const what of ['memory', 'cpu', 'pids']) assert.not(await check(open, { 'cgroup.limited': what }), what);
});

test('on v2 a group that was told to freeze is frozen when the kernel says so', async () => {
  assert.not(await check({ ...v2, 'cgroup.events': 'populated 1\nfrozen 0\n' }, { 'cgroup.frozen': true }));
});

test('on v1 a group that freezes is not frozen yet', async () => {
  assert.not(await check({ ...v1, 'freezer.state': 'FREEZING\n' }, { 'cgroup.frozen': true }));
});

test.run();
