/** /.dockerenv exists, for programs that look for it, and does not count as a change of the container. */
import * as assert from 'uvu/assert';
import { clients } from './daemon.ts';
import { site } from './site.ts';

const s = await site('/.dockerenv', { images: ['tiny'] });
const STAT = '/bin/busybox stat -c "%a %u:%g %s %F" /.dockerenv';
const diff = async (name: string) => (await s.daemon.client('docker', ['diff', name])).out.trim().split('\n').sort();

for (const client of clients)
  for (const flags of [[], ['--read-only'], ['--privileged'], ['-u', '1000:1000']])
    s.test(`${client} run ${flags.join(' ')}: an empty file, 0755 and root's`, async () => {
      const { out } = await s.daemon.client(client, ['run', '--rm', ...flags, 'tiny', 'sh', '-c', STAT]);
      assert.is(out, '755 0:0 0 regular empty file\n');
    });

s.test('diff does not count it, also after a second start', async () => {
  await s.daemon.ok('run', '--name', 'twice', 'tiny', 'sh', '-c', 'echo x >>/tmp/x');
  assert.equal(await diff('twice'), ['A /tmp/x', 'C /tmp']);
  await s.daemon.ok('start', '-a', 'twice');
  assert.equal(await diff('twice'), ['A /tmp/x', 'C /tmp']);
});

s.test('diff tells what the container made of it', async () => {
  await s.daemon.ok('run', '--name', 'written', 'tiny', 'sh', '-c', 'echo x >/.dockerenv');
  assert.equal(await diff('written'), ['A /.dockerenv']);
  await s.daemon.ok(
    'run',
    '--name',
    'other',
    'tiny',
    'sh',
    '-c',
    '/bin/busybox rm /.dockerenv; /bin/busybox mkdir /.dockerenv',
  );
  assert.equal(await diff('other'), ['A /.dockerenv']);
});

s.test.run();
