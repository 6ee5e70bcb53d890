/** --ipc container:ID: the ipc namespace and /dev/shm of another container. */
import * as assert from 'uvu/assert';
import { readlinkSync } from 'node:fs';
import { clients } from './daemon.ts';
import { site } from './site.ts';

const s = await site('ipc of another container', { images: ['tiny'] });
const d = () => s.daemon;
const pid = async (id: string) => Number(await d().dockerOk('inspect', '-f', '{{.State.Pid}}', id));

s.test.before(async () => {
  const run = ['run', '-d', '--network', 'none'];
  await d().ok(...run, '--name', 'donor', '--ipc', 'shareable', '--shm-size', '5m', 'tiny', 'sleep', '100000');
  await d().ok(...run, '--name', 'closed', 'tiny', 'sleep', '100000');
  await d().ok('exec', 'donor', 'sh', '-c', 'echo from the donor > /dev/shm/given');
});

s.test('what one writes into shared memory the other one reads, and both have the same namespace', async () => {
  for (const client of clients) {
    const args = ['run', '--rm', '--network', 'none', '--ipc', 'container:donor', 'tiny', 'sh', '-c'];
    const script = 'busybox cat /dev/shm/given; echo back > /dev/shm/taken; busybox df -k /dev/shm | busybox tail -1';
    const { code, out, err } = await d().client(client, [...args, script]);
    assert.is(code, 0, err);
    assert.match(out, /^from the donor\nshm +5120 .* \/dev\/shm\n$/);
    assert.is(
      await d().ok('exec', 'donor', 'sh', '-c', 'busybox cat /dev/shm/taken; rm /dev/shm/taken || true'),
      'back',
    );
  }
  const id = await d().ok('run', '-d', '--network', 'none', '--ipc', 'container:donor', 'tiny', 'sleep', '100000');
  const [own, donors] = [await pid(id), await pid('donor')];
  assert.is(readlinkSync(`/proc/${own}/ns/ipc`), readlinkSync(`/proc/${donors}/ns/ipc`));
  for (const other of ['mnt', 'uts', 'pid'])
    assert.is.not(readlinkSync(`/proc/${own}/ns/${other}`), readlinkSync(`/proc/${donors}/ns/${other}`));
  assert.is(await d().ok('exec', id, 'busybox', 'ls', '/'), await d().ok('exec', 'closed', 'busybox', 'ls', '/'));
  assert.is(await d().dockerOk('inspect', '-f', '{{.HostConfig.IpcMode}}', id), 'container:donor');
  // a third one may join the second one
  const third = ['run', '--rm', '--network', 'none', '--ipc', `container:${id}`, 'tiny', 'busybox', 'cat'];
  assert.is(await d().ok(...third, '/dev/shm/given'), 'from the donor');
  await d().ok('rm', '-f', id);
  assert.is(await d().ok('exec', 'donor', 'busybox', 'cat', '/dev/shm/given'), 'from the donor');
});

s.test('a volume on /dev/shm stands instead of it', async () => {
  const args = ['--network', 'none', '--ipc', 'container:donor', '--tmpfs', '/dev/shm', 'tiny'];
  assert.is(await d().ok('run', '--rm', ...args, 'busybox', 'ls', '/dev/shm'), '');
});

s.test('a container that is private, absent or stopped is refused, and nothing is left', async () => {
  const refused = async (mode: string) => {
    const { code, err } = await d().docker('run', '--network', 'none', '--name', 'no', '--ipc', mode, 'tiny', 'true');
    assert.is(code, 125, mode);
    await d().api('DELETE', '/containers/no');
    return err;
  };
  assert.match(await refused('container:closed'), /can't join IPC of container [0-9a-f]{64}: non-shareable IPC \(hint/);
  assert.match(await refused('container:absent'), /No such container: absent/);
  assert.match(await refused('container:'), /invalid IPC mode: container:/);
  await d().ok('create', '--name', 'stopped', '--ipc', 'shareable', 'tiny', 'true');
  assert.match(await refused('container:stopped'), /failed to join IPC namespace: container \w+ is not running/);
});

s.test('a donor that puts a link or a directory of the host in place of its /dev/shm gives nothing else', async () => {
  const run = ['run', '-d', '--network', 'none', '--ipc', 'shareable', '--privileged', 'tiny', 'sleep', '100000'];
  for (const change of ['busybox ln -s /etc /dev/shm', 'busybox mkdir /dev/shm; busybox mount --bind /proc /dev/shm']) {
    const donor = await d().ok(...run);
    await d().ok(
      'exec',
      '--privileged',
      donor,
      'sh',
      '-c',
      `busybox umount /dev/shm; busybox rmdir /dev/shm; ${change}`,
    );
    const args = ['--network', 'none', '--ipc', `container:${donor}`, 'tiny', 'busybox', 'ls', '/dev/shm'];
    const { code, out, err } = await d().cli('run', '--rm', ...args);
    assert.is(code, 125, out);
    assert.match(err, /ELOOP|is no tmpfs/);
    await d().ok('rm', '-f', donor);
  }
});

s.test.run();
