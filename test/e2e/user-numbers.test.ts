import * as assert from 'uvu/assert';
import { busyboxImage } from './busybox-image.ts';
import { clients } from './daemon.ts';
import { site } from './site.ts';

const s = await site('a number given as user or group', { images: [] });
const passwd = [
  'root:x:0:0:root:/root:/bin/sh',
  '1000:x:0:0::/root:/bin/sh',
  '99999999999:x:0:0::/root:',
  '4294967296:x:0:0::/root:',
  '+5:x:0:0::/root:',
  '-1:x:0:0::/root:',
  'seven:x:7:70::/seven:',
];
const group = ['root:x:0:', '2000:x:0:', '99999999999:x:0:', 'seventy:x:70:', 'also:x:71:seven'];
const entries = [
  { name: 'etc/passwd', content: `${passwd.join('\n')}\n` },
  { name: 'etc/group', content: `${group.join('\n')}\n` },
];
const show = ['sh', '-c', 'echo "$(id -u):$(id -g) $(id -G) $HOME"'];
let image = '';
s.test.before(async () => {
  image = await busyboxImage(s.daemon, 'numbers', { entries });
});

const rows: [user: string, shown: string][] = [
  ['1000', '1000:0 0 /'],
  ['5:2000', '5:2000 2000 /'],
  ['+5', '5:0 0 /'],
  ['007', '7:70 70 71 /seven'],
  ['7', '7:70 70 71 /seven'],
  ['seven', '7:70 70 71 /seven'],
  ['seven:2000', '7:2000 2000 /seven'],
  ['2147483647', '2147483647:0 0 /'],
];

for (const [user, shown] of rows) {
  s.test(`-u ${user} is ${shown.split(' ')[0]}: in run, in exec, and as the image's own USER`, async () => {
    for (const client of clients) {
      const ran = await s.daemon.client(client, ['run', '--rm', '-u', user, image, ...show]);
      assert.is(ran.out, `${shown}\n`, `${client}: ${ran.err}`);
    }
    await s.daemon.ok('run', '-d', '--name', 'into', image, 'sleep', '60');
    assert.is(await s.daemon.ok('exec', '-u', user, 'into', ...show), shown);
    await s.daemon.ok('rm', '-f', 'into');
    const own = await busyboxImage(s.daemon, `user-${user.replace(/\W/g, '-')}`, { entries, config: { User: user } });
    assert.is(await s.daemon.ok('run', '--rm', own, ...show), shown);
  });
}

s.test(
  "a number out of range is refused in docker's words, and is not a name: in run, in exec, as a group, as --group-add",
  async () => {
    await s.daemon.ok('run', '-d', '--name', 'into', image, 'sleep', '60');
    for (const number of ['2147483648', '4294967296', '99999999999', '99999999999999999999', '-1']) {
      for (const client of clients) {
        for (const flags of [
          ['run', '--rm', `--user=${number}`, image],
          ['run', '--rm', '-u', `0:${number}`, image],
          ['run', '--rm', `--group-add=${number}`, image],
          ['exec', `--user=${number}`, 'into'],
        ]) {
          const ran = await s.daemon.client(client, [...flags, ...show]);
          assert.is.not(ran.code, 0, `${client} ${flags.join(' ')}: ${ran.out}`);
          assert.match(
            ran.out + ran.err,
            /uids and gids must be in range 0-2147483647/,
            `${client} ${flags.join(' ')}`,
          );
        }
      }
    }
    await s.daemon.ok('rm', '-f', 'into');
  },
);

s.test('--group-add takes a number as one, and exec has the added groups too', async () => {
  for (const client of clients) {
    const ran = await s.daemon.client(client, [
      'run',
      '--rm',
      '--group-add',
      '2000',
      '--group-add',
      '+44',
      '--group-add',
      'also',
      image,
      ...show,
    ]);
    assert.is(ran.out, '0:0 0 44 71 2000 /root\n', `${client}: ${ran.err}`);
  }
  await s.daemon.ok('run', '-d', '--name', 'into', '--group-add', '44', image, 'sleep', '60');
  assert.is(await s.daemon.ok('exec', 'into', ...show), '0:0 0 44 /root');
  assert.is(await s.daemon.ok('exec', '-u', '5', 'into', ...show), '5:0 0 44 /');
  await s.daemon.ok('rm', '-f', 'into');
});

s.test("HOME is the user's when it is not given or empty, and what is given is kept, in exec too", async () => {
  for (const client of clients) {
    const empty = await s.daemon.client(client, [
      'run',
      '--rm',
      '-e',
      'HOME=',
      '-u',
      'seven',
      image,
      'sh',
      '-c',
      'echo "[$HOME]"; env | grep -c ^HOME=',
    ]);
    assert.is(empty.out, '[/seven]\n1\n', `${client}: ${empty.err}`);
  }
  await s.daemon.ok('run', '-d', '--name', 'into', '-e', 'HOME=/given', image, 'sleep', '60');
  assert.is(await s.daemon.ok('exec', '-u', 'seven', 'into', ...show), '7:70 70 71 /given');
  assert.is(await s.daemon.ok('exec', '-u', 'seven', '-e', 'HOME=', 'into', ...show), '7:70 70 71 /seven');
  await s.daemon.ok('rm', '-f', 'into');
});

s.test.run();
