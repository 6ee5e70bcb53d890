import * as assert from 'uvu/assert';
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Suite, suite, sh } from '../harness.ts';
import { alive, clients, Daemon } from './daemon.ts';
import { preparedImages } from './image.ts';
import { cachedRegistry } from './registry.ts';
import { needs, ownRoom } from './room.ts';
import { until } from '../until.ts';

await ownRoom(preparedImages);
const test: Suite = suite('the disk is full', ...needs);
let daemon: Daemon;
let registry: Awaited<ReturnType<typeof cachedRegistry>>;
test.before(async () => {
  registry = await cachedRegistry();
  daemon = new Daemon(['--registry-mirror', `http://${registry.host}`]);
  // The data root is too small for the image: the blob fits, the unpacked files do not.
  sh('mount', '-t', 'tmpfs', '-o', 'size=90m', 'none', daemon.root);
  mkdirSync(join(daemon.root, 'docker'));
  await daemon.start();
});
test.after(async () => {
  await daemon.removeAll();
  await daemon.stop();
  sh('umount', daemon.root);
  await daemon.close();
  await registry.close();
});
const used = () => Number(sh('df', '--output=used', '-k', daemon.root).split('\n')[1]);
const room = (size: string) => sh('mount', '-o', `remount,size=${size}`, daemon.root);
const layers = () => readdirSync(join(daemon.root, 'layers')).filter((name) => name !== 'l');

test('while unpacking: the message says so, nothing stays, and with more room the same pull works', async () => {
  const before = used();
  for (const client of clients) {
    const { code, err } = await daemon.client(client, ['pull', 'ubuntu']);
    assert.is(code, 1, err);
    assert.match(err, /no space left on device/i, client);
    assert.ok(used() - before < 500, `${used() - before} KiB more than before`);
    assert.equal(layers(), []);
  }
});

test('while downloading: the same', async () => {
  room('20m');
  const before = used();
  const { code, err } = await daemon.client('docker', ['run', '--rm', 'ubuntu', 'true']);
  assert.is(code, 125, err);
  assert.match(err, /no space left on device/i);
  assert.ok(used() - before < 500);
  room('90m');
  await daemon.ok('pull', '-q', 'tiny');
});

test('while containers run: they and the daemon go on, what cannot be written is refused, and with room again all works', async () => {
  await daemon.ok('run', '-d', '--name', 'talker', 'tiny', 'sh', '-c', 'while :; do echo tick; sleep 0.05; done');
  const {
    State: { Pid },
  } = await daemon.json<{ State: { Pid: number } }>('/containers/talker/json');
  const filler = join(daemon.root, 'filler');
  assert.throws(() => {
    for (let n = 0; ; n++) writeFileSync(filler, Buffer.alloc(64 * 1024), { flag: 'a' });
  }, /ENOSPC/);
  for (let n = 0; n < 3; n++) {
    const { code, err } = await daemon.client('drydock', ['run', '--rm', 'tiny', 'true']);
    assert.is(code, 125, err);
    assert.match(err, /no space left on device/i);
  }
  assert.is((await daemon.docker('exec', 'talker', 'sh', '-c', 'exit 4')).code, 4, 'an exec needs no disk');
  assert.ok(alive(Pid));
  assert.is((await daemon.api('GET', '/_ping')).body, 'OK');
  rmSync(filler);
  const lines = async () => (await daemon.docker('logs', 'talker')).out.length;
  const then = await lines();
  await until('its log goes on', async () => (await lines()) > then);
  assert.is((await daemon.client('drydock', ['run', '--rm', 'tiny', 'sh', '-c', 'exit 3'])).code, 3);
  await daemon.ok('rm', '-f', 'talker');
  assert.equal(readdirSync(join(daemon.root, 'containers')), []);
});

test('and the image that did not fit does, once it has room', async () => {
  room('700m');
  await daemon.ok('run', '--rm', 'ubuntu', 'true');
  assert.ok(existsSync(join(daemon.root, 'layers')) && layers().length >= 3);
});

test.run();
