import * as assert from 'uvu/assert';
import { rwLayerOf } from '../../runtime/steps/container/3-rw-layer.ts';
import { overlay2 } from '../../runtime/storage/overlay2/driver.ts';
import { suite } from '../harness.ts';
import { failEachCall, runSteps, standIn, undoSteps, type StandIn, type Standing } from './stand-in.ts';
import { create } from './stage-phases.ts';

const test = suite('rw layer phase on the recording kernel');
const rwLayer = rwLayerOf(overlay2);

async function layer(wanted: StandIn = {}, one: Standing = standIn(wanted)): Promise<Record<string, string[]>> {
  await runSteps(one.k, one.c, create);
  return runSteps(one.k, one.c, rwLayer);
}

test('directories, then propagation, then the overlay, then its root is held open', async () => {
  const one = standIn();
  const made = await layer({}, one);
  assert.equal(Object.keys(made), [
    'rw-layer.make-directories',
    'rw-layer.private-propagation',
    'rw-layer.mount-overlay',
    'rw-layer.open-root',
  ]);
  const { upper, work, rootfs } = one.c.paths;
  assert.equal(
    made['rw-layer.make-directories'],
    [upper, work, rootfs].map((dir) => `daemon.mkdirat(AT_FDCWD, "${dir}", 0755)`),
  );
  assert.equal(made['rw-layer.private-propagation'], ['stage.mount(NULL, "/", NULL, MS_REC|MS_PRIVATE, NULL)']);
  assert.ok(one.c.live.rootfd);
});

test('the layers are handed over one by one, the highest first', async () => {
  const one = standIn();
  const { 'rw-layer.mount-overlay': made } = await layer({}, one);
  const set = made!.flatMap((call) => /FSCONFIG_SET_STRING, "([^"]+)", "([^"]+)"/.exec(call)?.slice(1).join('=') ?? []);
  // These two options are turned off only where the module's default is on.
  const plain = set.filter((option) => !/^(redirect_dir|metacopy)=off$/.test(option));
  assert.equal(plain, [
    'source=overlay',
    'lowerdir+=/lib/dd/layers/3',
    'lowerdir+=/lib/dd/layers/2',
    'lowerdir+=/lib/dd/layers/1',
    `upperdir=${one.c.paths.upper}`,
    `workdir=${one.c.paths.work}`,
  ]);
  assert.match(made!.at(-3)!, `"${one.c.paths.rootfs}", MOVE_MOUNT_F_EMPTY_PATH`);
  assert.equal(
    made!.slice(-2).map((call) => call.replace(/\d+/, 'n')),
    ['stage.close(n)', 'stage.close(n)'],
  );
});

test('a kernel that knows no lowerdir+ gets one page of short paths, and the stage goes back to where it was', async () => {
  const one = standIn({ fail: { at: 'fsconfig', errno: 'EINVAL' } });
  const { 'rw-layer.mount-overlay': made } = await layer({}, one);
  const at = made!.findIndex((call) => call.startsWith('stage.openat('));
  assert.equal(
    made!.slice(at).map((call) => call.replace(/\((\d+)\)/, '(n)')),
    [
      'stage.openat(AT_FDCWD, ".", O_RDONLY|O_DIRECTORY|O_CLOEXEC|O_PATH, 00)',
      'stage.chdir("/lib/dd/l")',
      `stage.mount("overlay", "${one.c.paths.rootfs}", "overlay", 0, "lowerdir=3:2:1,upperdir=${one.c.paths.upper},workdir=${one.c.paths.work}")`,
      'stage.fchdir(n)',
      'stage.close(n)',
    ],
  );
});

test('binds and tmpfs are mounted from the shallow to the deep, read-only where asked', async () => {
  const one = standIn({ host: { Binds: ['/tmp:/data/deep/er', '/tmp:/data:ro'], Tmpfs: { '/t': 'size=1m' } } });
  const made = await layer({}, one);
  const volumes = made['rw-layer.mount-volumes']!;
  const opened = volumes.flatMap((call) => /openat2\(\d+, "([^"]+)"/.exec(call)?.[1] ?? []);
  assert.equal(opened.sort(), ['data', 'data/deep/er', 't']);
  const order = one.k.raw.flatMap(({ name, note, args }) =>
    name === 'move_mount' && note !== one.c.paths.rootfs
      ? [note]
      : name === 'mount' && args[2] === 'tmpfs'
        ? [note]
        : [],
  );
  assert.ok(order.indexOf('/data') < order.indexOf('/data/deep/er') && order.includes('/t'), order.join());
  const attr = (note: string) => {
    const at = one.k.raw.findIndex((call) => call.name === 'move_mount' && call.note === note);
    return (one.k.raw[at - 1]!.args[3] as Buffer).readBigUInt64LE(0);
  };
  assert.equal([attr('/data') & 1n, attr('/data/deep/er') & 1n], [1n, 0n]);
});

test('an empty volume is filled from what the stage has open, once, and then mounted as a directory of the host', async () => {
  const one = standIn({ host: { Binds: ['data:/d:ro'] } });
  const made = await layer({}, one);
  const [opened, fetched, , job] = made['rw-layer.copy-up']!;
  assert.match(opened!, /^stage\.openat2\(\d+, "d", /);
  assert.match(fetched!, /^daemon\.pidfd_getfd\(/);
  assert.match(job!, /volume-copy-up/);
  assert.ok(made['rw-layer.mount-volumes']!.some((call) => call.includes('"/lib/dd/volumes/data/_data"')));
  const again = { ...one, k: one.again() };
  assert.is((await layer({}, again))['rw-layer.copy-up'], undefined, 'only the first start fills it');
});

test('a volume that the image declares is made when it is missing', async () => {
  const one = standIn({ image: { Volumes: { '/v': {} } }, volumes: [] });
  const made = await layer({}, one);
  assert.is(made['rw-layer.make-volumes']!.filter((call) => call.startsWith('daemon.mkdirat')).length, 2);
  assert.is(one.c.mounts.length, 1);
  assert.ok(one.c.volumes.find(one.c.mounts[0]!.name));
});

test('a slave or shared volume keeps the tree able to receive mounts', async () => {
  const made = await layer({ host: { Binds: ['/tmp:/data:rslave'] } });
  assert.equal(made['rw-layer.private-propagation'], ['stage.mount(NULL, "/", NULL, MS_REC|MS_SLAVE, NULL)']);
});

test('what a container wrote stays when its run is taken back', async () => {
  const one = standIn();
  await layer({}, one);
  await undoSteps(one.k, one.c, create, rwLayer);
  assert.ok([one.c.paths.upper, one.c.paths.work].every((dir) => one.machine.files.has(dir)));
  await layer({}, { ...one, k: one.again() });
});

for (const [name, wanted] of [
  ['alone', {}],
  ['with volumes', { host: { Binds: ['/tmp:/a:ro', '/etc/hostname:/b'], Tmpfs: { '/t': '' } } }],
  ['on cgroup v2', { cgroups: 'v2' }],
] as [string, StandIn][]) {
  test(`whichever call fails ${name}, undo leaves nothing`, async () => {
    const count = await failEachCall(wanted, [create], [rwLayer]);
    assert.ok(count > 15, `only ${count} calls`);
  });
}

test('a mount that is refused for good is not tried in another way', async () => {
  const one = standIn({ fail: { at: 'fsmount', errno: 'EPERM' } });
  const error = await layer({}, one).then(
    () => undefined,
    (e: unknown) => e,
  );
  assert.match(String(error), 'EPERM');
  assert.not.ok(one.k.calls.some((call) => call.startsWith('stage.mount("overlay"')));
});

test.run();
