import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { openCgroup } from '../../../runtime/kernel/cgroup/open.ts';
import type { Call } from '../../../runtime/syscalls/calls.ts';
import { recordingKernel, type RecordingKernel, type RecordingOptions } from '../../../runtime/kernel/recording.ts';
import { suite } from '../../harness.ts';

const test = suite('cgroup v2 on the recording kernel');
const on = { version: 2 as const, v1: [], unified: '/sys/fs/cgroup' };
const cgroup = openCgroup('/drydock/one', on);
const DIR = '/sys/fs/cgroup/drydock/one';

/** Fake files: cgroup.controllers contains all controllers, subtree_control those that were written before. */
function files(contents: Record<string, string | (() => string)>): RecordingOptions['answers'] {
  return {
    read_file: (call: Call) => {
      const content = contents[String(call.args[0])] ?? contents[String(call.args[0]).split('/').at(-1)!] ?? '';
      return Buffer.from(typeof content === 'function' ? content() : content);
    },
  };
}
const CONTROLLERS = { 'cgroup.controllers': 'cpuset cpu io memory hugetlb pids\n' };
/** The calls as text: name and string arguments, without '/sys/fs/cgroup'; reads are left out. */
const shown = (k: RecordingKernel) =>
  k.raw
    .filter((c) => c.name !== 'read_file')
    .map(
      (c) =>
        `${c.name} ${c.args
          .filter((a) => typeof a === 'string')
          .join(' ')
          .replaceAll('/sys/fs/cgroup', '')}`,
    );

test('controllers are enabled on the way down, each level before the next is made', async () => {
  const k = recordingKernel({
    answers: files({ ...CONTROLLERS, '/sys/fs/cgroup/cgroup.subtree_control': 'memory\n' }),
  });
  await cgroup.create(k);
  assert.equal(shown(k), [
    'write_file /cgroup.subtree_control +cpuset +cpu +io +pids',
    'mkdirat /drydock',
    'write_file /drydock/cgroup.subtree_control +cpuset +cpu +io +memory +pids',
    'mkdirat /drydock/one',
  ]);
});

test('a set of controllers that is refused is enabled one by one', async () => {
  const k = recordingKernel({ answers: files(CONTROLLERS), fail: { at: 'daemon.write_file', errno: 'EBUSY' } });
  await cgroup.create(k);
  assert.equal(shown(k).slice(0, 6), [
    'write_file /cgroup.subtree_control +cpuset +cpu +io +memory +pids',
    ...['cpuset', 'cpu', 'io', 'memory', 'pids'].map((c) => `write_file /cgroup.subtree_control +${c}`),
  ]);
});

test('a failure at any call of create takes the directory away again', async () => {
  const whole = recordingKernel({ answers: files(CONTROLLERS) });
  await cgroup.create(whole);
  for (let at = 0; at < whole.calls.length; at++) {
    const k = recordingKernel({ answers: files(CONTROLLERS), fail: { at, errno: 'EACCES' } });
    await cgroup.create(k).then(
      () => assert.unreachable(`call ${at}`),
      () => undefined,
    );
    assert.is(shown(k).at(-1), 'unlinkat /drydock/one', `call ${at}`);
  }
});

test('limits are converted to version 2’s files and words', async () => {
  const k = recordingKernel();
  const warnings = await cgroup.limit(k, {
    memory: { limit: 64 << 20, swap: 128 << 20, reservation: 32 << 20, swappiness: 5, disableOOMKiller: true },
    cpu: { shares: 1024, quota: 50_000, period: 100_000, cpus: '0-1', mems: '0' },
    pids: { limit: -1 },
    blockIO: {
      weight: 500,
      weightDevice: [{ major: 8, minor: 16, weight: 300 }],
      throttleReadBpsDevice: [{ major: 8, minor: 0, rate: 1024 }],
      throttleWriteIOPSDevice: [{ major: 8, minor: 0, rate: 7 }],
    },
  });
  assert.equal(
    shown(k).map((line) => line.replace('write_file /drydock/one/', '')),
    [
      'memory.max 67108864',
      'memory.swap.max 67108864',
      'memory.low 33554432',
      'cpu.weight 100',
      'cpu.max 50000 100000',
      'cpuset.cpus 0-1',
      'cpuset.mems 0',
      'pids.max max',
      'io.bfq.weight 500',
      'io.bfq.weight 8:16 300',
      'io.max 8:0 rbps=1024',
      'io.max 8:0 wiops=7',
    ],
  );
  assert.equal(
    warnings.map((w) => w.split('. ').at(-1)),
    ['Memory swappiness discarded.', 'OomKillDisable discarded.'],
  );
});

test('unlimited swap is max; the I/O weight goes to io.weight where BFQ is not there', async () => {
  const k = recordingKernel({ fail: { at: 1, errno: 'ENOENT' } });
  assert.equal(await cgroup.limit(k, { memory: { swap: -1 }, blockIO: { weight: 10 } }), []);
  assert.equal(shown(k), [
    'write_file /drydock/one/memory.swap.max max',
    'write_file /drydock/one/io.bfq.weight 10',
    'write_file /drydock/one/io.weight default 1',
  ]);
});

test('a file that is not there gives a warning and the other limits are written', async () => {
  const k = recordingKernel({ fail: { at: 0, errno: 'ENOENT' } });
  assert.equal(await cgroup.limit(k, { memory: { limit: 1 << 26 }, pids: { limit: 5 } }), [
    'Your kernel does not support memory limit capabilities or the cgroup is not mounted. Limitation discarded.',
  ]);
  assert.is(shown(k).at(-1), 'write_file /drydock/one/pids.max 5');
});

test('the stage moves itself by cgroup.procs', async () => {
  const k = recordingKernel();
  await cgroup.join(k);
  assert.equal(
    k.raw.map((c) => [c.actor, c.args[0], c.args[3]]),
    [['stage', `${DIR}/cgroup.procs`, '0']],
  );
});

test('freeze waits until cgroup.events says so', async () => {
  let looks = 0;
  const k = recordingKernel({
    answers: files({ 'cgroup.events': () => `populated 1\nfrozen ${++looks < 3 ? 0 : 1}\n` }),
  });
  await cgroup.freeze(k);
  assert.equal([looks, shown(k)], [3, ['write_file /drydock/one/cgroup.freeze 1']]);
});

test('kill is one write, then waiting until nobody is left', async () => {
  let looks = 0;
  const k = recordingKernel({
    answers: files({ 'cgroup.events': () => `populated ${++looks < 2 ? 1 : 0}\nfrozen 0\n` }),
  });
  await cgroup.kill(k);
  assert.equal([looks, shown(k)], [2, ['write_file /drydock/one/cgroup.kill 1']]);
});

test('device rules become one program on the directory; a kernel without them gives a warning', async () => {
  const k = recordingKernel();
  assert.equal(await cgroup.allowDevices(k, [{ allow: false }]), []);
  assert.equal([k.raw[0]!.name, k.raw[0]!.args[1]], ['bpf_device', DIR]);
  assert.match(
    (await cgroup.allowDevices(recordingKernel({ fail: { at: 0, errno: 'ENOSYS' } }), []))[0]!,
    /Device rules discarded/,
  );
});

test('remove tries again while the kernel is still busy with the last process', async () => {
  const k = recordingKernel({ fail: { at: 0, errno: 'EBUSY' } });
  await cgroup.remove(k);
  assert.equal(shown(k), ['unlinkat /drydock/one', 'unlinkat /drydock/one']);
});

test('stats, OOM and inspection are read from version 2’s files', async () => {
  const root = mkdtempSync(join(tmpdir(), 'drydock-cgroup-'));
  try {
    mkdirSync(`${root}/c`);
    const contents = {
      'cpu.stat': 'usage_usec 12\nuser_usec 7\nsystem_usec 5\nnr_periods 3\nnr_throttled 2\nthrottled_usec 9\n',
      'memory.current': '4096\n',
      'memory.max': 'max\n',
      'memory.events': 'low 0\nmax 4\noom_kill 1\n',
      'memory.stat': 'anon 5\nfile 6\n',
      'pids.current': '2\n',
      'pids.max': 'max\n',
      'io.stat': '8:0 rbytes=10 wbytes=20 rios=1 wios=2 dbytes=0 dios=0\n',
    };
    for (const [name, text] of Object.entries(contents)) writeFileSync(`${root}/c/${name}`, text);
    const fake = openCgroup('/c', { version: 2, v1: [], unified: root });
    const { cpu, memory, pids, io } = await fake.stats();
    assert.equal(cpu, { total: 12000, user: 7000, system: 5000, periods: 3, throttledPeriods: 2, throttledTime: 9000 });
    assert.equal(
      [memory.usage, memory.failcnt, memory.stats, pids],
      [4096, 4, { anon: 5, file: 6 }, { current: 2, limit: 0 }],
    );
    assert.equal(
      io.map((row) => [row.op, row.bytes, row.operations]),
      [
        ['Read', 10, 1],
        ['Write', 20, 2],
      ],
    );
    assert.is(await fake.oomKilled(), true);
    assert.ok((await fake.inspect())[0]!.lines.includes('memory.max max'));
  } finally {
    rmSync(root, { recursive: true });
  }
});

test.run();
