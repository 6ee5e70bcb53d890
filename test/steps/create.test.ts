import * as assert from 'uvu/assert';
import type { Container } from '../../runtime/container/container.ts';
import { suite } from '../harness.ts';
import { assertNothingLeft, failEachCall, idOf, runSteps, standIn, undoSteps } from './stand-in.ts';
import { create } from './stage-phases.ts';

const test = suite('create phase on the recording kernel');
const unshares = [
  'create.unshare-mnt',
  'create.unshare-uts',
  'create.unshare-ipc',
  'create.unshare-net',
  'create.unshare-cgroup',
];
const running = (id: string, pid = 77): Container => {
  const { c } = standIn({ id, host: { NetworkMode: 'bridge' } });
  c.live.pid = pid;
  return c;
};

test('the steps come in the order in which a container comes into being', async () => {
  const { k, c } = standIn();
  assert.equal(Object.keys(await runSteps(k, c, create)), [
    'create.merge-config',
    'create.cgroup',
    'create.limits',
    'create.device-rules',
    'create.shim',
    'create.clone3',
    'create.join-cgroup',
    ...unshares,
  ]);
});

test('the run directory is private and the spec is written whole', async () => {
  const { k, c } = standIn({ config: { Cmd: ['/bin/echo', 'hi'] } });
  const { 'create.merge-config': made } = await runSteps(k, c, create);
  assert.is(made![0], `daemon.mkdirat(AT_FDCWD, "${c.paths.runDir}", 0700)`);
  const { args } = k.raw[1]!;
  assert.equal(
    [args[0], args[2], JSON.parse(String(args[3])).process.args],
    [c.paths.config, 0o600, ['/bin/echo', 'hi']],
  );
});

test('the shim gets ten descriptors and the limits of its log; of the descriptors the daemon keeps none', async () => {
  const { k, c, machine } = standIn();
  const { 'create.shim': made } = await runSteps(k, c, create);
  assert.equal(
    made!.map((call) => call.replace(/^daemon\.(\w+).*/, '$1')),
    [
      'socketpair',
      'socketpair',
      'socket',
      'unlinkat',
      'unlinkat',
      'bind',
      'listen',
      'openat',
      'openat',
      'openat',
      'openat',
      'executable',
      'spawnShim',
      'write',
      'pidfd_open',
      'close',
      'close',
      'close',
      'close',
      'close',
      'close',
      'close',
    ],
  );
  assert.ok(made!.includes('daemon.spawnShim(10, "100000000", "5")'));
  assert.equal(
    [...machine.open.values()],
    ['our end', 'our end', `pidfd of ${c.live.shimPid}`, `pidfd of ${c.live.pid}`],
  );
});

test('the limits stand before the first process is in the group, and it joins before it hides the way to it', async () => {
  const { k, c } = standIn({ host: { Memory: 64 << 20, PidsLimit: 9 } });
  const made = await runSteps(k, c, create);
  const group = (controller: string) => `/cg/${controller}${c.cgroup.path}`;
  assert.ok(
    made['create.limits']!.includes(`daemon.write("${group('memory')}/memory.limit_in_bytes", 0, 00, "67108864")`),
    made['create.limits']!.join('\n'),
  );
  assert.ok(made['create.limits']!.includes(`daemon.write("${group('pids')}/pids.max", 0, 00, "9")`));
  assert.equal(
    made['create.join-cgroup'],
    ['cpu,cpuacct', 'cpuset', 'memory', 'devices', 'freezer', 'pids'].map(
      (name) => `stage.write("${group(name)}/tasks", 0, 00, "0")`,
    ),
  );
  const order = Object.keys(made);
  assert.ok(
    order.indexOf('create.limits') < order.indexOf('create.clone3') &&
      order.indexOf('create.join-cgroup') < order.indexOf('create.unshare-cgroup'),
  );
});

test('a limit that this machine does not know becomes a warning', async () => {
  const { k, c, machine } = standIn({ host: { Memory: 64 << 20 } });
  const write = machine.answers['daemon.write_file'] as (call: { args: readonly unknown[] }) => number;
  machine.answers['daemon.write_file'] = (call) =>
    String(call.args[0]).includes('memsw') ? write({ ...call, args: ['/cg/memory/absent/x', 0] }) : write(call);
  await runSteps(k, c, create);
  assert.match(c.warnings.join(), /swap/i);
});

test('each namespace is one unshare(2), and the pid namespace comes with clone3(2)', async () => {
  const { k, c } = standIn();
  const made = await runSteps(k, c, create);
  assert.equal(made['create.clone3'], ['shim.clone3(CLONE_NEWPID, 1, -1)', `daemon.pidfd_open(${c.live.pid}, 0)`]);
  assert.equal(
    unshares.flatMap((id) => made[id]!),
    ['NS', 'UTS', 'IPC', 'NET', 'CGROUP'].map((name) => `stage.unshare(CLONE_NEW${name})`),
  );
});

test('a time namespace gets its offsets from outside, before the stage enters it', async () => {
  const { k, c } = standIn({ host: { Annotations: { 'drydock.time-offset': 'boottime=100' } } });
  const { 'create.unshare-time': made } = await runSteps(k, c, create);
  assert.equal(
    made!.map((call) => call.replace(/\(\d+/, '(fd')),
    [
      'stage.unshare(CLONE_NEWTIME)',
      `daemon.write("/proc/${c.live.pid}/timens_offsets", 0, 00, "boottime 100 0\\n")`,
      'stage.openat(AT_FDCWD, "/proc/self/ns/time_for_children", O_RDONLY|O_CLOEXEC, 00)',
      'stage.setns(fd, CLONE_NEWTIME)',
      'stage.close(fd)',
    ],
  );
});

test('host namespaces are left out', async () => {
  const { k, c } = standIn({
    host: { NetworkMode: 'host', PidMode: 'host', IpcMode: 'host', UTSMode: 'host', CgroupnsMode: 'host' },
  });
  const made = await runSteps(k, c, create);
  assert.is(made['create.clone3']![0], 'shim.clone3(0, 1, -1)');
  assert.equal(
    Object.keys(made).filter((id) => id.includes('unshare')),
    ['create.unshare-mnt'],
  );
});

for (const [name, config, stdio] of [
  ['output only', {}, 1],
  ['stdin too', { OpenStdin: true }, 3],
  ['none for a terminal', { Tty: true, OpenStdin: true }, 0],
] as const) {
  test(`pipes of the process: ${name}`, async () => {
    const { k, c } = standIn({ config });
    assert.is((await runSteps(k, c, create))['create.clone3']![0], `shim.clone3(CLONE_NEWPID, ${stdio}, -1)`);
  });
}

test("another container's network is entered by setns(2), and no new one is made", async () => {
  const other = running(idOf(2));
  const { k, c } = standIn({ host: { NetworkMode: `container:${other.id}` }, other: () => other });
  const made = await runSteps(k, c, create);
  assert.equal(
    made['create.join-namespaces']!.map((call) => call.replace(/\(\d{3}/, '(fd')),
    [
      'stage.openat(AT_FDCWD, "/proc/77/ns/net", O_RDONLY|O_CLOEXEC, 00)',
      'stage.setns(fd, CLONE_NEWNET)',
      'stage.close(fd)',
    ],
  );
  assert.is(made['create.unshare-net'], undefined);
});

test("another container's pid namespace is only chosen for children: the stage stays out while it has rights", async () => {
  const other = running(idOf(2));
  const { k, c, machine } = standIn({ host: { PidMode: `container:${other.id}` }, other: () => other });
  const made = await runSteps(k, c, create);
  assert.is(made['create.clone3']![0], 'shim.clone3(0, 1, -1)');
  assert.equal(
    made['create.join-namespaces']!.map((call) => call.replace(/\(\d+/, '(n')),
    [
      'stage.openat(AT_FDCWD, "/proc/77/ns/pid", O_RDONLY|O_CLOEXEC, 00)',
      'stage.setns(n, CLONE_NEWPID)',
      'stage.close(n)',
    ],
  );
  assert.equal(
    [...machine.open.values()].filter((what) => what.startsWith('pidfd')),
    [`pidfd of ${c.live.shimPid}`, `pidfd of ${c.live.pid}`],
  );
});

test('a container that does not run has no namespace to enter', async () => {
  const other = running(idOf(2));
  other.live = {};
  const one = standIn({ host: { NetworkMode: `container:${other.id}` }, other: () => other });
  const error = await runSteps(one.k, one.c, create).then(
    () => undefined,
    (e: unknown) => e,
  );
  assert.match(String(error), `cannot join network of a non running container: ${other.id}`);
  await undoSteps(one.k, one.c, create);
  assertNothingLeft(one, 'a refused join');
});

test('facts say what became true, and undo takes them back', async () => {
  const { k, c } = standIn();
  await runSteps(k, c, create);
  await undoSteps(k, c, create);
  const now = new Map(k.facts.map(({ kind, key, value }) => [`${kind} ${key}`, value]));
  for (const key of ['process shim', 'process init', `cgroup ${c.cgroup.path}`, `cgroup /cg/memory${c.cgroup.path}`])
    assert.is(now.get(key), null, key);
});

const other = running(idOf(2));
for (const [name, wanted, least] of [
  ['pipes and limits', { host: { Memory: 64 << 20, PidsLimit: 9, CpuShares: 512 } }, 70],
  ['cgroup v2', { cgroups: 'v2', host: { Memory: 64 << 20 } }, 30],
  ['a terminal', { config: { Tty: true } }, 60],
  [
    'network and pid of another container',
    { host: { NetworkMode: `container:${idOf(2)}`, PidMode: `container:${idOf(2)}` }, other: () => other },
    70,
  ],
] as const) {
  test(`whichever call fails with ${name}, undo leaves nothing`, async () => {
    const count = await failEachCall(wanted, [], [create]);
    assert.ok(count >= least, `only ${count} calls`);
  });
}

test('an errno that some calls tolerate leaves nothing either', async () => {
  for (const errno of ['ENOENT', 'EEXIST', 'EBUSY']) {
    for (let at = 0; ; at++) {
      const one = standIn({ fail: { at, errno } });
      const error = await runSteps(one.k, one.c, create).then(
        () => undefined,
        (e: unknown) => e,
      );
      if (at >= one.k.raw.length) break;
      const failed = one.k.raw[at]!;
      if (failed.actor === 'daemon' && failed.name === 'close') continue;
      await undoSteps(one.k, one.c, create);
      assertNothingLeft(one, `${one.k.calls[at]}: ${errno}, ${error ? 'thrown' : 'tolerated'}`);
    }
  }
});

test('undo of what was never begun is quiet', async () => {
  const one = standIn();
  await undoSteps(one.k, one.c, create);
  assertNothingLeft(one, 'nothing');
  assert.not.ok(
    one.k.calls.some((call) => /kill|waitid/.test(call)),
    one.k.calls.join('\n'),
  );
});

test.run();
