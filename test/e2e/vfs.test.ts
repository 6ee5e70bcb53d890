import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { sh } from '../harness.ts';
import { clients, Daemon } from './daemon.ts';
import { atRest, sameAs } from './leftovers.ts';
import { busyboxImage } from './busybox-image.ts';
import { site } from './site.ts';
import { until } from '../until.ts';

const s = await site('storage driver vfs', { images: [], flags: ['--storage-driver', 'vfs'] });
let image = '';
s.test.before(async () => void (image = await busyboxImage(s.daemon, 'vfs')));
const d = () => s.daemon;
const id = async (name: string) => (await d().json<{ Id: string }>(`/containers/${name}/json`)).Id;
const status = async (name: string) =>
  (await d().json<{ State: { Status: string } }>(`/containers/${name}/json`)).State.Status;

s.test('info and inspect say what dockerd says with vfs', async () => {
  const { Driver, DriverStatus } = await d().json<{ Driver: string; DriverStatus: unknown }>('/info');
  assert.equal([Driver, DriverStatus], ['vfs', null]);
  assert.match((await d().docker('info')).out, /Storage Driver: vfs\n/);
  await d().ok('create', '--name', 'inspected', image, 'true');
  for (const path of ['/containers/inspected/json', `/images/${image}/json`])
    assert.equal((await d().json<{ GraphDriver: unknown }>(path)).GraphDriver, { Name: 'vfs', Data: null });
  await d().ok('rm', 'inspected');
});

s.test('the phases that a client is shown are those of the driver, and of a bundle', async () => {
  const phases = await d().json<{ id: string; steps: { id: string }[] }[]>('/drydock/phases');
  const of = (id: string) => phases.find((phase) => phase.id === id)!.steps.map((step) => step.id);
  assert.equal(of('rw-layer'), [
    'rw-layer.copy-layers',
    'rw-layer.private-propagation',
    'rw-layer.bind-tree',
    'rw-layer.bind-root',
    'rw-layer.open-root',
    'rw-layer.make-volumes',
    'rw-layer.copy-up',
    'rw-layer.mount-images',
    'rw-layer.mount-volumes',
  ]);
  assert.equal(of('remove'), ['remove.tree', 'remove.mounted-images', 'remove.anonymous-volumes']);
});

s.test('what a container writes is there after a stop, in its diff and its size, and goes with rm', async () => {
  // The first container creates the bridge.
  await d().ok('run', '--rm', image, 'true');
  const before = await atRest(d());
  for (const client of clients) {
    const run = async (...args: string[]) => {
      const { code, out, err } = await d().client(client, args);
      assert.is(code, 0, `${client} ${args.join(' ')}: ${err}`);
      return out.trim();
    };
    await run(
      'run',
      '--name',
      'writer',
      image,
      'sh',
      '-c',
      'test -e /file && exec cat /file; echo kept > /file; mkdir /dir; echo x > /dir/x; rm /bin/ls',
    );
    assert.equal((await d().docker('diff', 'writer')).out.trim().split('\n').sort(), [
      'A /dir',
      'A /dir/x',
      'A /file',
      'C /bin',
      'D /bin/ls',
    ]);
    const { SizeRw } = await d().json<{ SizeRw: number }>('/containers/writer/json?size=1');
    assert.is(SizeRw, 7);
    assert.is(await run('start', '-a', 'writer'), 'kept');
    assert.is(await run('run', '--rm', image, 'sh', '-c', 'test -e /file || echo nothing'), 'nothing');
    await run('rm', 'writer');
  }
  await sameAs(before, d());
});

s.test('flags of the mount that the data root is on do not reach the container', async () => {
  const one = new Daemon(['--storage-driver', 'vfs']);
  const data = join(one.root, 'data');
  mkdirSync(data);
  sh('mount', '-t', 'tmpfs', '-o', 'nosuid,nodev,noexec', 'tmpfs', data);
  try {
    await one.start('--root', data);
    const out = await one.ok('run', '--rm', await busyboxImage(one, 'flags'), 'cat', '/proc/self/mountinfo');
    const [, , , , , flags] = out
      .split('\n')
      .map((line) => line.split(' '))
      .find(([, , , , target]) => target === '/')!;
    assert.not.match(flags!, /nosuid|nodev|noexec/);
  } finally {
    await one.stop();
    sh('umount', data);
    await one.close();
  }
});

s.test('a container outlives its daemon, and is stopped by the next one', async () => {
  await d().ok('run', '-d', '--name', 'lasting', image, 'sleep', '1000');
  await d().kill9();
  await d().start();
  assert.is(await status('lasting'), 'running');
  assert.is(await d().ok('exec', 'lasting', 'echo', 'in'), 'in');
  await d().ok('stop', '-t', '0', 'lasting');
  await d().ok('start', 'lasting');
  await d().ok('rm', '-f', 'lasting');
});

s.test('a copy that a killed daemon left half made goes, and the next start makes a whole one', async () => {
  await d().ok('create', '--name', 'half', image, 'cat', '/etc/passwd');
  const dir = join(d().root, 'containers', await id('half'));
  const held = d()
    .api('POST', '/drydock/containers/half/start?break=rw-layer.copy-layers')
    .catch(() => undefined);
  await until('it is held', async () =>
    (await d().api('GET', '/drydock/containers/half/journal')).body.includes('"at":"paused"'),
  );
  // The state that a daemon leaves behind if it is killed during a copy.
  mkdirSync(join(dir, 'rootfs.partial/etc'), { recursive: true });
  await d().kill9();
  await held;
  await d().start();
  await until('it is taken back', () => !existsSync(join(dir, 'rootfs.partial')));
  assert.not.ok(existsSync(join(dir, 'rootfs')));
  assert.match(await d().ok('start', '-a', 'half'), 'root:');
  await d().ok('rm', 'half');
});

s.test('each driver has images and containers of its own, and those of the other are left alone', async () => {
  const one = new Daemon();
  const names = async () =>
    (await one.json<{ Names: string[] }[]>('/containers/json?all=1')).map(({ Names }) => Names[0]);
  try {
    await one.start();
    const image = await busyboxImage(one, 'vfs');
    await one.ok('run', '--name', 'first', image, 'sh', '-c', 'echo overlay > /f');
    await one.stop();
    await one.start('--storage-driver', 'vfs');
    assert.match(readFileSync(one.log, 'utf8'), 'warning: images and containers of storage driver overlay2');
    assert.equal(await names(), []);
    assert.equal(await one.json('/images/json'), []);
    assert.is((await one.api('GET', '/containers/first/json')).status, 404);
    await one.ok('run', '--name', 'second', await busyboxImage(one, 'vfs'), 'true');
    assert.equal(readdirSync(join(one.root, 'containers')).length, 2);
    await one.stop();
    await one.start();
    assert.equal(await names(), ['/first']);
    assert.is((await one.json<{ Driver: string }>('/containers/first/json')).Driver, 'overlay2');
    await one.ok('start', 'first');
    await one.ok('rm', '-f', 'first');
    await one.stop();
    await one.start('--storage-driver', 'vfs');
    assert.equal(await names(), ['/second']);
    await one.ok('rm', 'second');
  } finally {
    await one.close();
  }
});

s.test('a daemon does not take the network from a container of the other driver that runs', async () => {
  const one = new Daemon();
  try {
    await one.start();
    await one.ok('run', '-d', '--name', 'runs', await busyboxImage(one, 'vfs'), 'sleep', '1000');
    await one.stop();
    const error = await one.start('--storage-driver', 'vfs').then(
      () => 'it started',
      (thrown: Error) => thrown.message,
    );
    assert.match(
      error,
      'container runs runs on storage driver overlay2: start the daemon with --storage-driver overlay2',
    );
    await one.start();
    assert.is(await one.ok('exec', 'runs', 'echo', 'still'), 'still');
    await one.ok('rm', '-f', 'runs');
  } finally {
    await one.close();
  }
});

s.test('on overlayfs the daemon uses vfs by itself, says why, and runs containers', async () => {
  const one = new Daemon();
  const dirs = ['lower', 'upper', 'work'].map((name) => join(one.root, name));
  for (const dir of [...dirs, join(one.root, 'data')]) mkdirSync(dir);
  const [lower, upper, work] = dirs;
  const data = join(one.root, 'data');
  sh('mount', '-t', 'overlay', 'overlay', '-o', `lowerdir=${lower},upperdir=${upper},workdir=${work}`, data);
  try {
    await one.start('--root', data);
    const log = readFileSync(one.log, 'utf8');
    assert.match(
      log,
      `drydock: warning: ${data} is on overlayfs, on which overlayfs cannot have its upper directory: storage driver vfs is used, which copies all files of an image for each container`,
    );
    assert.is((await one.json<{ Driver: string }>('/info')).Driver, 'vfs');
    const image = await busyboxImage(one, 'vfs');
    assert.is(await one.ok('run', '--rm', image, 'sh', '-c', 'echo a > /x; rm /bin/ls; cat /x'), 'a');
    await one.ok('run', '--name', 'on', image, 'sh', '-c', 'rm /bin/ls; echo > /new');
    assert.equal((await one.docker('diff', 'on')).out.trim().split('\n').sort(), ['A /new', 'C /bin', 'D /bin/ls']);
    await one.ok('rm', 'on');
    await one.stop();
    await one.start('--root', data);
    assert.is(await one.ok('run', '--rm', image, 'echo', 'again'), 'again');
  } finally {
    await one.stop();
    sh('umount', data);
    await one.close();
  }
});

s.test.run();
