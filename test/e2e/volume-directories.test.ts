import * as assert from 'uvu/assert';
import { busyboxImage } from './busybox-image.ts';
import { clients } from './daemon.ts';
import { site } from './site.ts';

const s = await site("directories of an image's VOLUME, and starts that fail", { images: [] });
const entries = [{ name: 'there/', type: '5', mode: 0o700, uid: 7, gid: 8 }];
let image = '';
s.test.before(async () => {
  image = await busyboxImage(s.daemon, 'volumes', {
    entries,
    config: { Volumes: { '/a/b/c': {}, '/there': {}, '/run/x/': {} } },
  });
});
const show = ['sh', '-c', 'stat -c "%n %F %a %u:%g" /a /a/b /a/b/c /there /run/x'];
const shown = [
  '/a directory 755 0:0',
  '/a/b directory 755 0:0',
  '/a/b/c directory 755 0:0',
  '/there directory 700 7:8',
  '/run/x directory 755 0:0',
];

s.test('what is missing is made as dockerd makes it, and what is there stays as it is', async () => {
  for (const client of clients) {
    for (const flags of [[], ['-u', '1000'], ['--read-only']]) {
      const { out, err } = await s.daemon.client(client, ['run', '--rm', ...flags, image, ...show]);
      assert.is(out, `${shown.join('\n')}\n`, `${client}: ${err}`);
    }
  }
  assert.is(await s.daemon.ok('run', '--rm', '--tmpfs', '/a/b/c:mode=700', image, 'stat', '-c', '%a', '/a/b/c'), '700');
});

s.test('a volume does not go over a file of the image', async () => {
  for (const flags of [
    ['-v', '/etc/passwd'],
    ['-v', 'name:/etc/passwd'],
  ])
    assert.match(
      (await s.daemon.docker('run', '--rm', ...flags, image, 'true')).err,
      'cannot mount volume over existing file, file exists /etc/passwd',
    );
});

s.test('a start that fails is told once by the docker client', async () => {
  for (const [flags, message] of [
    [[image, '/nope'], 'stat /nope: no such file or directory'],
    [['-t', image, '/nope'], 'stat /nope: no such file or directory'],
    [['-v', '/etc/passwd:/etc', image, 'true'], 'cannot mount the file /etc/passwd'],
    [['-u', 'nobody-here', image, 'true'], 'unable to find user'],
  ] as const) {
    for (const how of [['--rm'], [], ['-d']]) {
      const { err, out, code } = await s.daemon.docker('run', ...how, ...flags);
      assert.is(`${err}${out}`.split(message).length - 1, 1, `${code}: ${err}${out}`);
      assert.is.not(code, 0);
    }
  }
  await s.daemon.docker('create', '--name', 'failing', image, '/nope');
  const { err, out } = await s.daemon.docker('start', '-a', 'failing');
  assert.is(`${err}${out}`.split('no such file').length - 1, 1, err);
  await s.daemon.removeAll();
});

s.test.run();
