import * as assert from 'uvu/assert';
import { statSync } from 'node:fs';
import { sh } from '../harness.ts';
import { pullMade } from './made-image.ts';
import { site } from './site.ts';

const s = await site("descriptor 0 is the container's own null", { images: [] });
let image: string;
s.test.before(async () => {
  // A node of the test's own stands for the host's /dev/null, so that a failure does not damage the machine.
  sh('mount', '-t', 'tmpfs', 'tmpfs', '/mnt');
  sh('mknod', '-m', '666', '/mnt/null', 'c', '1', '3');
  sh('mount', '--bind', '/mnt/null', '/dev/null');
  image = await pullMade(s.daemon, 'busy');
});
const host = () => statSync('/dev/null');
/** All attributes of the host's node that a container could change. */
const of = ({ ino, mode, uid, gid, ctimeMs, mtimeMs }: ReturnType<typeof host>) => ({
  ino,
  mode,
  uid,
  gid,
  ctimeMs,
  mtimeMs,
});
const attacks = ['chmod 0604 /proc/self/fd/0', 'touch -d @7 /proc/self/fd/0', 'chown 7:8 /proc/self/fd/0']
  .map((line) => `busybox ${line}`)
  .join('; ');

for (const [name, flags] of [
  ['without any capability', ['--cap-drop', 'ALL']],
  ['with a private user namespace', ['--userns', 'private']],
  ['with --privileged', ['--privileged']],
  ['with a terminal', ['-t']],
] as const) {
  s.test(`run ${name}: what is done to /proc/self/fd/0 is not done to the host's /dev/null`, async () => {
    const before = of(host());
    const ran = await s.daemon.cli(
      'run',
      '--rm',
      ...flags,
      image,
      'sh',
      '-c',
      `${attacks}; stat -L -c "%F %t:%T %a" /proc/self/fd/0`,
    );
    assert.equal(of(host()), before);
    if (name !== 'with a terminal') assert.is(ran.out, 'character special file 1:3 604\n', ran.err);
  });

  s.test(`exec into one ${name}: neither`, async () => {
    const before = of(host());
    await s.daemon.ok('run', '-d', '--name', 'target', ...flags, image, 'sleep', '1000');
    try {
      const ran = await s.daemon.cli(
        'exec',
        'target',
        'sh',
        '-c',
        `${attacks}; stat -L -c "%F %t:%T" /proc/self/fd/0; readlink /proc/self/fd/0`,
      );
      assert.equal(of(host()), before);
      assert.is(ran.out, 'character special file 1:3\n/dev/null\n', ran.err);
    } finally {
      await s.daemon.ok('rm', '-f', 'target');
    }
  });
}

s.test('exec works where /dev/null has become something else, and gets another null', async () => {
  await s.daemon.ok('run', '-d', '--name', 'target', image, 'sleep', '1000');
  try {
    for (const spoilt of [
      'rm /dev/null',
      'echo secret >/dev/null',
      'rm /dev/null; busybox ln -s /bin/busybox /dev/null',
      'rm /dev/null; busybox mkfifo /dev/null',
    ]) {
      await s.daemon.ok('exec', 'target', 'sh', '-c', spoilt);
      assert.is(
        await s.daemon.ok('exec', 'target', 'stat', '-L', '-c', '%F %t:%T', '/proc/self/fd/0'),
        'character special file 1:3',
        spoilt,
      );
      assert.is(await s.daemon.ok('exec', 'target', 'cat'), '', spoilt);
    }
  } finally {
    await s.daemon.ok('rm', '-f', 'target');
  }
});

s.test('a /dev/null that is bound from elsewhere is not taken for null', async () => {
  const ran = await s.daemon.cli('run', '--rm', '-v', '/etc/hostname:/dev/null', image, 'cat', '/proc/kcore');
  assert.is(ran.code, 125, ran.out);
  assert.match(ran.err, /\/dev\/null of the container is not the null device, 1:3/);
});

s.test("the host's own /dev, bound, is left as it is", async () => {
  const before = of(host());
  const { out, code, err } = await s.daemon.cli(
    'run',
    '--rm',
    '-v',
    '/dev:/dev',
    image,
    'sh',
    '-c',
    'echo x >/dev/null && echo good',
  );
  assert.equal([code, out, of(host()).mode], [0, 'good\n', before.mode], err);
});

s.test.run();
