/** Volumes that are a file system of their own, with docker's client; the error texts are those of dockerd 26.1.5. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { mountsAt } from '../../runtime/kernel/mount/mounted.ts';
import { Daemon } from './daemon.ts';
import { site } from './site.ts';
import { until } from '../until.ts';

const s = await site('options of volumes');
const d = () => s.daemon;
const options = (of: Record<string, string>) =>
  Object.entries(of).flatMap(([name, value]) => ['-o', `${name}=${value}`]);
const make = (name: string, of: Record<string, string>) => d().dockerOk('volume', 'create', ...options(of), name);
const data = (name: string) => join(d().root, 'volumes', name, '_data');
const mounted = (name: string) => mountsAt(data(name)).length;
const starts = (name: string, ...more: string[]) =>
  d().dockerOk('run', '-d', '--name', name, ...more, 'ubuntu', 'sleep', '100000');
const sh = (name: string, script: string) => d().dockerOk('exec', name, 'sh', '-c', script);
const remove = (...names: string[]) => d().dockerOk('rm', '-f', ...names);

s.test('a tmpfs is shared by the containers that run at the same time, and gone after the last one', async () => {
  await make('memory', { type: 'tmpfs', device: 'tmpfs', o: 'size=1m,uid=1000,mode=0750' });
  assert.is(mounted('memory'), 0);
  await starts('one', '-v', 'memory:/m');
  await starts('two', '-v', 'memory:/m:ro');
  assert.is(mounted('memory'), 1);
  assert.is(
    await sh('one', 'echo shared > /m/file; stat -c "%u %a %T" -f /m >/dev/null; stat -c "%u %a" /m'),
    '1000 750',
  );
  assert.is(await sh('two', 'cat /m/file'), 'shared');
  assert.match(await sh('one', 'head -c 2000000 /dev/zero > /m/much 2>&1; ls -l /m/much'), / 10\d+ /);
  await remove('one');
  assert.equal([mounted('memory'), await sh('two', 'cat /m/file')], [1, 'shared']);
  assert.match(await d().dockerRefused('volume', 'rm', 'memory'), /volume is in use/);
  await remove('two');
  assert.is(mounted('memory'), 0);
  await starts('three', '-v', 'memory:/m');
  assert.is(await sh('three', 'ls /m'), '');
  await remove('three');
  const [{ Options }] = JSON.parse(await d().dockerOk('volume', 'inspect', 'memory')) as [{ Options: object }];
  assert.equal(Options, { type: 'tmpfs', device: 'tmpfs', o: 'size=1m,uid=1000,mode=0750' });
  await d().dockerOk('volume', 'rm', 'memory');
});

s.test('a bind of a directory is written through, and its files outlive the volume', async () => {
  const directory = join(mkdtempSync('/tmp/ddtest-volume-'), 'with space');
  mkdirSync(directory);
  writeFileSync(join(directory, 'there'), 'before');
  await make('bound', { type: 'none', device: directory, o: 'bind' });
  await starts('binds', '-v', 'bound:/b');
  assert.is(await sh('binds', 'cat /b/there; echo after > /b/new'), 'before');
  await remove('binds');
  await d().dockerOk(
    'cp',
    '/etc/hostname',
    await d()
      .dockerOk('create', '--name', 'still', '-v', 'bound:/b', 'ubuntu')
      .then(() => 'still:/b/copied'),
  );
  assert.ok(existsSync(join(directory, 'copied')), 'cp into a stopped container mounts it too');
  assert.is(mounted('bound'), 0);
  await remove('still');
  await d().dockerOk('volume', 'rm', 'bound');
  assert.is(readFileSync(join(directory, 'new'), 'utf8'), 'after\n');
  assert.not(existsSync(data('bound')));
});

s.test('a mount that fails says what dockerd says, and leaves nothing', async () => {
  await make('nowhere', { type: 'none', device: '/no/such', o: 'bind' });
  const said = await d().dockerRefused('run', '--name', 'fails', '-v', 'nowhere:/n', 'ubuntu', 'true');
  assert.match(
    said,
    `error while mounting volume '${data('nowhere')}': failed to mount local volume: mount /no/such:${data('nowhere')}, flags: 0x1000: no such file or directory`,
  );
  await remove('fails');
  await make('odd', { type: 'nosuchfs', device: 'x' });
  assert.match(await d().dockerRefused('run', '--name', 'fails', '-v', 'odd:/n', 'ubuntu', 'true'), /no such device/);
  assert.is(mounted('odd'), 0);
  await remove('fails');
  await d().dockerOk('volume', 'rm', 'nowhere', 'odd');
});

s.test('wrong options are refused in the words of dockerd', async () => {
  const refused = (of: Record<string, string>) => d().dockerRefused('volume', 'create', ...options(of), 'wrong');
  assert.match(await refused({ surprise: '1' }), 'create wrong: invalid option: "surprise"');
  assert.match(await refused({ type: 'tmpfs' }), 'create wrong: missing required option: "device"');
  assert.match(await refused({ o: 'ro', device: 'tmpfs' }), 'create wrong: missing required option: "type"');
  assert.match(await refused({ size: '10m' }), 'create wrong: quota size requested but no quota support');
});

for (const end of ['stop', 'kill9'] as const)
  s.test(`after a daemon's end by ${end} the next one unmounts it with the last container`, async () => {
    await make('kept', { type: 'tmpfs', device: 'tmpfs' });
    await starts('before', '-v', 'kept:/k');
    await sh('before', 'echo still > /k/file');
    await d()[end]();
    await d().start();
    assert.is(mounted('kept'), 1);
    await starts('later', '-v', 'kept:/k');
    assert.is(await sh('later', 'cat /k/file'), 'still');
    await remove('later');
    assert.is(mounted('kept'), 1);
    await remove('before');
    assert.is(mounted('kept'), 0);
    await d().dockerOk('volume', 'rm', 'kept');
  });

s.test('with a data root behind a link, a mount is found again, and the files of its device stay', async () => {
  const directory = mkdtempSync('/tmp/ddtest-volume-');
  writeFileSync(join(directory, 'precious'), 'mine');
  const links = mkdtempSync('/tmp/ddtest-links-');
  const other = new Daemon([
    '--registry-mirror',
    `http://${s.registry.host}`,
    '--root',
    join(links, 'root'),
    '--exec-root',
    join(links, 'exec'),
  ]);
  const here = (name: string) => join(other.root, 'volumes', name, '_data');
  try {
    mkdirSync(other.execRoot);
    symlinkSync(other.root, join(links, 'root'));
    symlinkSync(other.execRoot, join(links, 'exec'));
    await other.start();
    for (const [name, of] of [
      ['memory', { type: 'tmpfs', device: 'tmpfs' }],
      ['bound', { type: 'none', device: directory, o: 'bind' }],
    ] as const) {
      await other.dockerOk('volume', 'create', ...options(of), name);
      await other.dockerOk('run', '-d', '--name', 'has', '-v', `${name}:/v`, 'ubuntu', 'sleep', '100000');
      assert.is(mountsAt(here(name)).length, 1);
      await other.dockerOk('rm', '-f', 'has');
      assert.is(mountsAt(here(name)).length, 0);
    }
    // as a daemon that was killed would leave it
    execFileSync('mount', ['--bind', directory, here('bound')]);
    await other.dockerOk('volume', 'rm', 'memory', 'bound');
    assert.is(mountsAt(here('bound')).length, 0);
    assert.is(readFileSync(join(directory, 'precious'), 'utf8'), 'mine');
  } finally {
    await other.close();
  }
});

s.test('a volume of --mount gets its options from there', async () => {
  const mount = 'type=volume,src=asked,dst=/a,volume-driver=local,volume-opt=type=tmpfs,volume-opt=device=tmpfs';
  await starts('asks', '--mount', `${mount},"volume-opt=o=size=2m,nosuid"`);
  assert.match(await sh('asks', 'grep " /a " /proc/mounts'), /^tmpfs \/a tmpfs .*nosuid.*size=2048k/);
  await remove('asks');
  assert.is(mounted('asked'), 0);
  await d().dockerOk('volume', 'rm', 'asked');
});

s.test('what cp had mounted when the daemon was killed is unmounted, unless a container that runs has it', async () => {
  await make('left', { type: 'tmpfs', device: 'tmpfs' });
  await d().dockerOk('create', '--name', 'still', '-v', 'left:/v', 'ubuntu');
  await d().api('POST', '/drydock/containers/still/gate', { command: 'break', at: 'cp.look' });
  const killedInCopy = async () => {
    const copying = d()
      .api('GET', '/containers/still/archive?path=/etc/hostname')
      .catch(() => undefined);
    await until('it is held', async () =>
      (await d().api('GET', '/drydock/containers/still/journal')).body.split('\n').at(-2)?.includes('"at":"paused"'),
    );
    assert.is(mounted('left'), 1);
    await d().kill9();
    await copying;
    await d().start();
  };
  await killedInCopy();
  assert.is(mounted('left'), 0);
  await starts('runs', '-v', 'left:/v');
  await sh('runs', 'echo shared > /v/file');
  await d().api('POST', '/drydock/containers/still/gate', { command: 'break', at: 'cp.look' });
  await killedInCopy();
  assert.is(mounted('left'), 1);
  await starts('later', '-v', 'left:/v');
  assert.is(await sh('later', 'cat /v/file'), 'shared');
  await remove('still', 'runs', 'later');
  assert.is(mounted('left'), 0);
  await d().dockerOk('volume', 'rm', 'left');
});

s.test.run();
