import * as assert from 'uvu/assert';
import { parseHierarchies } from '../../../runtime/kernel/cgroup/hierarchies.ts';
import { openCgroup } from '../../../runtime/kernel/cgroup/open.ts';
import { weightOfShares } from '../../../runtime/kernel/cgroup/limits.ts';
import { recordingKernel } from '../../../runtime/kernel/recording.ts';
import { suite } from '../../harness.ts';

const test = suite('cgroup hierarchies');
const row = (mount: string, type: string, options: string) =>
  `30 23 0:28 / ${mount} rw,relatime shared:1 - ${type} ${type} ${options}`;

test('hybrid is version 1, with controllers mounted together and a cgroup2 beside them', () => {
  const found = parseHierarchies(
    [
      row('/sys/fs/cgroup', 'tmpfs', 'rw'),
      row('/sys/fs/cgroup/unified', 'cgroup2', 'rw'),
      row('/sys/fs/cgroup/systemd', 'cgroup', 'rw,name=systemd'),
      row('/var/other', 'cgroup', 'rw,memory'),
      row('/sys/fs/cgroup/memory', 'cgroup', 'rw,memory'),
      row('/sys/fs/cgroup/cpu,cpuacct', 'cgroup', 'rw,cpu,cpuacct'),
      row('/sys/fs/cgroup/net_cls', 'cgroup', 'rw,net_cls'),
    ].join('\n'),
  );
  assert.equal(found, {
    version: 1,
    unified: '/sys/fs/cgroup/unified',
    v1: [
      { mount: '/sys/fs/cgroup/cpu,cpuacct', controllers: ['cpu', 'cpuacct'] },
      { mount: '/sys/fs/cgroup/memory', controllers: ['memory'] },
      { mount: '/sys/fs/cgroup/net_cls', controllers: ['net_cls'] },
      { mount: '/sys/fs/cgroup/systemd', controllers: ['name=systemd'] },
    ],
  });
});

test('cgroup2 with all controllers beside a name=systemd that has none is version 2', () => {
  const found = parseHierarchies(
    [row('/sys/fs/cgroup/unified', 'cgroup2', 'rw'), row('/sys/fs/cgroup/systemd', 'cgroup', 'rw,name=systemd')].join(
      '\n',
    ),
  );
  assert.equal(found, { version: 2, v1: [], unified: '/sys/fs/cgroup/unified' });
});

test('a hybrid machine: the group is made in name=systemd and beside version 1 too, joined, and removed everywhere', async () => {
  const on = parseHierarchies(
    [
      row('/sys/fs/cgroup/pids', 'cgroup', 'rw,pids'),
      row('/sys/fs/cgroup/systemd', 'cgroup', 'rw,name=systemd'),
      row('/sys/fs/cgroup/unified', 'cgroup2', 'rw'),
    ].join('\n'),
  );
  const group = openCgroup('/d/one', on);
  const dirs = ['pids', 'systemd', 'unified'].map((name) => `/sys/fs/cgroup/${name}/d/one`);
  const k = recordingKernel();
  await group.create(k);
  await group.join(k);
  await group.remove(k);
  const args = (name: string, at: number) => k.raw.filter((c) => c.name === name).map((c) => c.args[at]);
  assert.equal(args('mkdirat', 1), dirs);
  // Nothing is written for the last one, because a write would wait: a process is born into it (CLONE_INTO_CGROUP).
  assert.equal(args('write_file', 0), [`${dirs[0]}/tasks`, `${dirs[1]}/tasks`]);
  assert.is(group.unified, dirs[2]);
  assert.equal(args('unlinkat', 1), dirs);
});

test('cgroup2 alone is version 2, and a space in a path is read', () => {
  assert.equal(parseHierarchies(row('/mnt/my\\040cgroup', 'cgroup2', 'rw,nsdelegate')), {
    version: 2,
    v1: [],
    unified: '/mnt/my cgroup',
  });
});

test('a path that climbs is refused', () => {
  for (const path of ['relative', '/', '/a/../b', '/a/./b'])
    assert.throws(() => openCgroup(path, { version: 2, v1: [], unified: '/x' }), /must be absolute/);
});

test('a machine without any cgroups runs the container and says what is not limited', async () => {
  const none = openCgroup('/a/b', { version: 1, v1: [] });
  const k = recordingKernel();
  await none.create(k);
  await none.join(k);
  assert.equal((await none.limit(k, { memory: { limit: 1 << 26 }, pids: { limit: 3 } })).length, 2);
  assert.match((await none.allowDevices(k, []))[0]!, /Device rules discarded/);
  await none.kill(k);
  await none.remove(k);
  assert.equal([k.calls, await none.oomKilled(), await none.processes()], [[], false, []]);
});

test('shares become weights: smallest, default and largest meet', () => {
  assert.equal([2, 1024, 262144].map(weightOfShares), [1, 100, 10000]);
});

test('version 1: a failure at any call of create removes what was made', async () => {
  const on = parseHierarchies(
    [row('/sys/fs/cgroup/cpuset', 'cgroup', 'rw,cpuset'), row('/sys/fs/cgroup/memory', 'cgroup', 'rw,memory')].join(
      '\n',
    ),
  );
  const whole = recordingKernel();
  await openCgroup('/d/one', on).create(whole);
  for (let at = 0; at < whole.calls.length; at++) {
    const k = recordingKernel({ fail: { at, errno: 'ENOSPC' } });
    await openCgroup('/d/one', on)
      .create(k)
      .then(
        () => assert.unreachable(`call ${at}`),
        () => undefined,
      );
    assert.equal(
      k.raw.filter((c) => c.name === 'unlinkat').map((c) => c.args[1]),
      ['/sys/fs/cgroup/cpuset/d/one', '/sys/fs/cgroup/memory/d/one'],
    );
  }
});

test('version 1: memory goes before memory and swap, and after it when both are raised', async () => {
  const on = parseHierarchies(row('/sys/fs/cgroup/memory', 'cgroup', 'rw,memory'));
  const order = async (now: string) => {
    const k = recordingKernel({ answers: { read_file: Buffer.from(now) } });
    await openCgroup('/d/one', on).limit(k, { memory: { limit: 100, swap: 200 } });
    return k.raw.filter((c) => c.name === 'write_file').map((c) => String(c.args[0]).split('/').at(-1));
  };
  assert.equal(await order('9223372036854771712\n'), ['memory.limit_in_bytes', 'memory.memsw.limit_in_bytes']);
  assert.equal(await order('150\n'), ['memory.memsw.limit_in_bytes', 'memory.limit_in_bytes']);
});

test.run();
