import { readFileSync } from 'node:fs';
import * as assert from 'uvu/assert';
import type { Event } from '../../runtime/journal/event.ts';
import { hierarchies } from '../../runtime/kernel/cgroup/hierarchies.ts';
import { Daemon } from '../e2e/daemon.ts';
import { sh, suite } from '../harness.ts';
import type { Caller } from '../live/caller.ts';
import { look, next, told } from './looking.ts';
import { until } from '../until.ts';

const test = suite('usage while somebody looks', 'root', 'cgroup1', 'ip');
const MiB = 1 << 20;
const daemon = new Daemon();
let caller: Caller;
let id: string;
const file = (controller: string, name: string) =>
  readFileSync(
    `${hierarchies().v1.find((one) => one.controllers.includes(controller))!.mount}${daemon.cgroupParent}/${id}/${name}`,
    'utf8',
  ).trim();
const inside = (script: string) => daemon.ok('exec', 'used', 'bash', '-c', script);

test.before(async () => {
  await daemon.start();
  id = await daemon.ok(
    'run',
    '-d',
    '--name',
    'used',
    '--memory',
    '128m',
    '--memory-swap',
    '128m',
    '--pids-limit',
    '50',
    'ubuntu',
    'sleep',
    '1000',
  );
  caller = await look(daemon);
});
test.after(async () => {
  caller?.socket.close();
  await daemon.close();
});

test('samples come while they are asked for, and follow what is allocated', async () => {
  assert.equal((await caller.ask('usage', { id, on: true })).samples, []);
  const first = await next(caller, 'sample', (one) => one.id === id);
  assert.equal(
    [first.sample.memory.limit, first.sample.pids, first.sample.frozen],
    [128 * MiB, { current: 1, limit: 50 }, false],
  );
  // tmpfs memory cannot be reclaimed.
  await inside('head -c 40M /dev/zero > /dev/shm/held');
  const { sample } = await next(
    caller,
    'sample',
    (one) => one.sample.memory.usage > first.sample.memory.usage + 39 * MiB,
  );
  assert.ok(
    sample.memory.usage < first.sample.memory.usage + 60 * MiB && sample.memory.most! >= sample.memory.usage,
    JSON.stringify(sample.memory),
  );
});

test('the numbers are those of the cgroup files and of ip -s link', async () => {
  await inside('echo hello > /dev/udp/$(ip -4 route show default | awk "{print \\$3}")/9');
  const byIp = () =>
    (
      JSON.parse(sh('ip', '-j', '-s', 'link', 'show', 'dev', daemon.bridge)) as {
        stats64: { rx: { packets: number; bytes: number } };
      }[]
    )[0]!.stats64.rx;
  const onBridge = (links: readonly { name: string; rxPackets: number; rxBytes: number }[]) =>
    links.find(({ name }) => name === daemon.bridge);
  const { sample } = await next(
    caller,
    'sample',
    (one) => onBridge(one.sample.links)!.rxPackets > 0 && onBridge(one.sample.links)!.rxPackets === byIp().packets,
  );
  assert.is(sample.pids.current, Number(file('pids', 'pids.current')));
  // The kernel charges in batches, so a few pages may differ.
  assert.ok(Math.abs(sample.memory.usage - Number(file('memory', 'memory.usage_in_bytes'))) < MiB);
  assert.is(sample.memory.hits, Number(file('memory', 'memory.failcnt')));
  assert.ok(sample.cpu.total <= Number(file('cpuacct', 'cpuacct.usage')));
  assert.is(onBridge(sample.links)?.rxBytes, byIp().bytes);
  const [eth0, veth] = [
    sample.links.find(({ side }) => side === 'container'),
    sample.links.find(({ name }) => name.startsWith('veth')),
  ];
  assert.is(eth0?.name, 'eth0');
  assert.ok(eth0!.txPackets > 0 && eth0!.txPackets === veth?.rxPackets, 'what eth0 sends, its other end receives');
});

test('a limit that is changed is read back from the kernel, and the write is in the journal', async () => {
  const answer = await caller.ask('limits', { id, memory: 96 * MiB, cpus: 0.5, pids: 40 });
  assert.is(answer.refused, undefined);
  assert.is(file('memory', 'memory.limit_in_bytes'), String(96 * MiB));
  const said = Object.fromEntries(answer.files.map(({ path, value }) => [path.split('/').at(-1), value]));
  assert.equal(
    [said['memory.limit_in_bytes'], said['memory.memsw.limit_in_bytes'], said['cpu.cfs_quota_us'], said['pids.max']],
    [String(96 * MiB), String(96 * MiB), '50000', '40'],
  );
  const { sample } = await next(caller, 'sample', (one) => one.sample.memory.limit === 96 * MiB);
  assert.equal([sample.cpu.limit, sample.pids.limit], [0.5, 40]);
  assert.ok(
    (await daemon.ok('trace', '--json', 'used'))
      .split('\n')
      .some((line) => line.includes(`memory.limit_in_bytes","value":"${96 * MiB}"`)),
  );
});

test('a limit below what is held is refused by the kernel, and stays what it was', async () => {
  const { refused, files } = await caller.ask('limits', { id, memory: 16 * MiB });
  assert.is(refused?.errno, 'EBUSY');
  assert.is(files.find(({ path }) => path.endsWith('memory.limit_in_bytes'))?.value, String(96 * MiB));
  assert.is(file('memory', 'memory.limit_in_bytes'), String(96 * MiB));
});

test('what is out of range, or no number, is refused before the kernel is asked', async () => {
  for (const wrong of [
    { memory: 1000 },
    { memory: '1g' },
    { cpus: -1 },
    { cpus: 4000 },
    { pids: 1.5 },
    { memory: Number.MAX_VALUE },
  ]) {
    const answer = await caller.say({ topic: 'limits', id, ...wrong });
    assert.is(answer.type === 'refused' && answer.status, 400, JSON.stringify([wrong, answer]));
  }
});

test('memory that runs out is in the journal at once, while the container runs on', async () => {
  await inside('tail /dev/zero').catch(() => undefined);
  const fact = await until('the journal tells it', async () => {
    const events = (await daemon.ok('trace', '--json', 'used')).split('\n').map((line) => JSON.parse(line) as Event);
    return events.find(
      (event) => event.type === 'fact' && event.facts.some(({ value }) => /oom_kill 1/.test(value ?? '')),
    );
  });
  assert.ok(Math.abs(fact.time - Date.now()) < 20_000);
  assert.is((await daemon.json<{ State: { Status: string } }>('/containers/used/json')).State.Status, 'running');
  const { sample } = await next(caller, 'sample', () => true);
  assert.equal([sample.memory.kills, sample.memory.most], [1, 96 * MiB]);
});

test('a second viewer begins with what the first has seen; with the last one sampling ends', async () => {
  const second = await look(daemon);
  const { samples } = await second.ask('usage', { id, on: true });
  assert.ok(samples.length > 3 && samples.every(({ time }, j) => j === 0 || time > samples[j - 1]!.time));
  await next(second, 'sample', () => true);
  second.socket.close();
  await caller.ask('usage', { id, on: false });
  const before = told(caller, 'sample').length;
  const third = await look(daemon);
  // The ring of samples was dropped with the last watcher, so nothing was sampled in between.
  assert.equal((await third.ask('usage', { id, on: true })).samples, []);
  await next(third, 'sample', () => true);
  third.socket.close();
  assert.is(told(caller, 'sample').length, before);
});

test('frozen is seen, and with the end of the container the samples end', async () => {
  await caller.ask('usage', { id, on: true });
  await daemon.ok('pause', 'used');
  await next(caller, 'sample', (one) => one.sample.frozen);
  await daemon.ok('unpause', 'used');
  await next(caller, 'sample', (one) => !one.sample.frozen);
  await daemon.ok('rm', '-f', 'used');
  const answer = await caller.say({ topic: 'usage', id, on: true });
  assert.ok(answer.type === 'refused' && answer.status === 404);
});

test.run();
