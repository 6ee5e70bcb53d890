/** Limits: written, read back from the kernel, and enforced by it. */
import * as assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { type Check, layout, on } from './check.ts';
import { client, during, inspect, sh } from './daemon.ts';

const idle = ['sleep', '1000'];
const MIB = 2 ** 20;
const disk = () => readFileSync('/sys/block/vda/dev', 'utf8').trim();

/** The request, and the expected contents of the kernel's files: [version 2, version 1], each [file, content]. */
type Row = [asked: string, host: () => object, v2: [string, () => string][], v1: [string, () => string][]];
const rows: Row[] = [
  [
    'memory and swap',
    () => ({ Memory: 64 * MIB, MemorySwap: 96 * MIB, MemoryReservation: 32 * MIB }),
    [
      ['memory.max', () => '67108864'],
      ['memory.swap.max', () => '33554432'],
      ['memory.low', () => '33554432'],
    ],
    [
      ['memory/memory.limit_in_bytes', () => '67108864'],
      ['memory/memory.memsw.limit_in_bytes', () => '100663296'],
      ['memory/memory.soft_limit_in_bytes', () => '33554432'],
    ],
  ],
  [
    'memory alone allows as much swap again',
    () => ({ Memory: 64 * MIB }),
    [['memory.swap.max', () => '67108864']],
    [['memory/memory.memsw.limit_in_bytes', () => '134217728']],
  ],
  [
    'cpu quota, period and shares',
    () => ({ NanoCpus: 5e8, CpuShares: 1024 }),
    [
      ['cpu.max', () => '50000 100000'],
      ['cpu.weight', () => '100'],
    ],
    [
      ['cpu/cpu.cfs_quota_us', () => '50000'],
      ['cpu/cpu.shares', () => '1024'],
    ],
  ],
  [
    'one processor of two',
    () => ({ CpusetCpus: '1' }),
    [
      ['cpuset.cpus', () => '1'],
      ['cpuset.cpus.effective', () => '1'],
    ],
    [['cpuset/cpuset.cpus', () => '1']],
  ],
  ['a number of processes', () => ({ PidsLimit: 33 }), [['pids.max', () => '33']], [['pids/pids.max', () => '33']]],
  [
    "a disk's bytes and operations",
    () => ({
      BlkioDeviceReadBps: [{ Path: '/dev/vda', Rate: MIB }],
      BlkioDeviceWriteIOps: [{ Path: '/dev/vda', Rate: 100 }],
    }),
    [['io.max', () => `${disk()} rbps=1048576 wbps=max riops=max wiops=100`]],
    [
      ['blkio/blkio.throttle.read_bps_device', () => `${disk()} 1048576`],
      ['blkio/blkio.throttle.write_iops_device', () => `${disk()} 100`],
    ],
  ],
  [
    'none',
    () => ({}),
    [
      ['memory.max', () => 'max'],
      ['cpu.max', () => 'max 100000'],
      ['pids.max', () => 'max'],
      ['io.max', () => ''],
    ],
    [
      ['memory/memory.limit_in_bytes', () => '9223372036854771712'],
      ['cpu/cpu.cfs_quota_us', () => '-1'],
      ['pids/pids.max', () => 'max'],
    ],
  ],
];

const readBack: Check[] = rows.map(([asked, host, v2, v1]) => ({
  name: `limits, read back from the kernel: ${asked}`,
  run: () =>
    during({ Cmd: idle, HostConfig: host() }, async (id) => {
      for (const [file, content] of on(v2, v1)) assert.equal(layout.read(id, file), content(), file);
    }),
}));

export const limits: Check[] = [
  ...readBack,
  {
    name: 'who takes more memory than the limit is killed, and the reason is noticed',
    run: async () => {
      const { code, state } = await sh('exec tail /dev/zero', { Memory: 24 * MIB, MemorySwap: 24 * MIB });
      assert.deepEqual([code, state.OOMKilled], [137, true]);
    },
  },
  {
    name: 'when the whole machine runs out, daemon and shims are the last to go, and a container cannot make itself so',
    run: () =>
      during({ Cmd: idle, HostConfig: { OomScoreAdj: -300 } }, async (asked) => {
        const { out } = await sh(
          'cat /proc/self/oom_score_adj; echo -998 >/proc/self/oom_score_adj || echo refused',
          {},
        );
        assert.match(out, /^0\r?\n.*refused/s);
        const file = (pid: number, name: string) => readFileSync(`/proc/${pid}/${name}`, 'utf8');
        const score = (pid: number) => Number(file(pid, 'oom_score_adj'));
        const parent = (pid: number) => Number(/^PPid:\s+(\d+)$/m.exec(file(pid, 'status'))![1]);
        const pid = (await inspect(asked)).State.Pid;
        assert.deepEqual([score(pid), score(parent(pid)), score(parent(parent(pid)))], [-300, -998, -500]);
      }),
  },
  {
    name: 'a kill -9 is not taken for that',
    run: () =>
      during({ Cmd: idle, HostConfig: { Memory: 24 * MIB } }, async (id) => {
        await client.post(`/containers/${id}/kill`);
        assert.equal((await client.post<{ StatusCode: number }>(`/containers/${id}/wait`)).StatusCode, 137);
        assert.equal((await inspect(id)).State.OOMKilled, false);
      }),
  },
  {
    name: 'a fork more than the limit of processes fails',
    run: async () =>
      assert.match((await sh('for i in 1 2 3 4 5 6 7 8 9; do sleep 20 & done', { PidsLimit: 5 })).out, /can't fork/),
  },
  {
    name: 'a fifth of a processor is held to it',
    run: () =>
      during({ Cmd: ['sh', '-c', 'while :; do :; done'], HostConfig: { NanoCpus: 2e8 } }, async (id) => {
        const throttled = () =>
          Number(/nr_throttled (\d+)/.exec(layout.read(id, on('cpu.stat', 'cpu/cpu.stat')))?.[1] ?? 0);
        while (throttled() < 3) await new Promise((resolve) => setTimeout(resolve, 50));
      }),
  },
  {
    name: 'update changes the limits of what runs',
    run: () =>
      during({ Cmd: idle, HostConfig: { Memory: 64 * MIB, MemorySwap: 64 * MIB, PidsLimit: 40 } }, async (id) => {
        await client.post(
          `/containers/${id}/update`,
          {},
          {
            Memory: 80 * MIB,
            MemorySwap: 80 * MIB,
            PidsLimit: 41,
            CpuQuota: 30_000,
            CpuPeriod: 100_000,
            CpusetCpus: '0',
          },
        );
        const files = on(
          ['memory.max', 'memory.swap.max', 'pids.max', 'cpu.max', 'cpuset.cpus'],
          [
            'memory/memory.limit_in_bytes',
            'memory/memory.memsw.limit_in_bytes',
            'pids/pids.max',
            'cpu/cpu.cfs_quota_us',
            'cpuset/cpuset.cpus',
          ],
        );
        assert.deepEqual(
          files.map((file) => layout.read(id, file)),
          on(['83886080', '0', '41', '30000 100000', '0'], ['83886080', '83886080', '41', '30000', '0']),
        );
        assert.equal((await inspect(id)).State.Status, 'running');
      }),
  },
  {
    name: 'statistics come from the group',
    run: () =>
      during({ Cmd: ['sh', '-c', 'while :; do :; done'], HostConfig: { Memory: 64 * MIB } }, async (id) => {
        interface Stats {
          cpu_stats: { cpu_usage: { total_usage: number } };
          memory_stats: { usage: number; limit: number };
          pids_stats: { current: number };
        }
        const stats = await client.get<Stats>(`/containers/${id}/stats`, { stream: 'false', 'one-shot': true });
        assert.ok(stats.cpu_stats.cpu_usage.total_usage > 0 && stats.memory_stats.usage > 0, JSON.stringify(stats));
        assert.deepEqual([stats.memory_stats.limit, stats.pids_stats.current], [64 * MIB, 1]);
      }),
  },
  {
    name: on(
      'a limit that version 2 does not have keeps no container from running',
      'swappiness is what was asked for',
    ),
    run: () =>
      during({ Cmd: idle, HostConfig: { MemorySwappiness: 10 } }, async (id) => {
        assert.equal((await inspect(id)).State.Status, 'running');
        if (layout.version === 1) assert.equal(layout.read(id, 'memory/memory.swappiness'), '10');
      }),
  },
];
