import * as assert from 'uvu/assert';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { sh } from '../harness.ts';
import { site } from './site.ts';
import { table } from './table.ts';

const s = await site('flags of files and devices');
const shared = () => {
  const dir = `${s.daemon.root}/shared`;
  mkdirSync(`${dir}/deep`, { recursive: true });
  writeFileSync(`${dir}/file`, 'of the host\n');
  return dir;
};

const propagationOf = `grep " /t " /proc/self/mountinfo | cut -d' ' -f7 | cut -d: -f1`;
table(s, [
  {
    name: '--tmpfs with shared is shared, with unbindable is that, and else private',
    flags: ['--tmpfs', '/t:shared'],
    script: propagationOf,
    out: 'shared\n',
  },
  {
    name: '--tmpfs with unbindable and a size',
    flags: ['--tmpfs', '/t:unbindable,size=1m'],
    script: propagationOf,
    out: 'unbindable\n',
  },
  { name: '--tmpfs is private', flags: ['--tmpfs', '/t'], script: propagationOf, out: '-\n' },

  {
    name: "-v is the host's directory itself, for reading and writing",
    flags: () => ['-v', `${shared()}:/in`],
    script: 'cat /in/file; echo back >/in/deep/new; chown 12:34 /in/deep/new',
    out: 'of the host\n',
    check: () => {
      assert.is(readFileSync(`${s.daemon.root}/shared/deep/new`, 'utf8'), 'back\n');
      assert.is(sh('stat', '-c', '%u:%g', `${s.daemon.root}/shared/deep/new`), '12:34\n');
      sh('rm', `${s.daemon.root}/shared/deep/new`);
    },
  },
  {
    name: '-v …:ro can be read only',
    flags: () => ['-v', `${shared()}:/in:ro`],
    script: 'cat /in/file; echo x >/in/file2',
    out: 'of the host\n',
    err: /Read-only file system/,
    code: 2,
    check: () => assert.not(existsSync(`${s.daemon.root}/shared/file2`)),
  },
  {
    name: '-v binds a single file',
    flags: () => ['-v', `${shared()}/file:/etc/one:ro`],
    script: 'cat /etc/one; grep -c " /etc/one " /proc/self/mountinfo',
    out: 'of the host\n1\n',
  },
  {
    name: '-v makes a source that is missing, as docker does',
    flags: () => ['-v', `${s.daemon.root}/made/by/us:/in`],
    script: 'touch /in/it',
    check: () => {
      assert.ok(existsSync(`${s.daemon.root}/made/by/us/it`));
      sh('rm', '-r', `${s.daemon.root}/made`);
    },
  },
  {
    name: '--mount type=bind is the same',
    flags: () => ['--mount', `type=bind,source=${shared()},target=/in,readonly`],
    script: 'cat /in/file; touch /in/x 2>/dev/null || echo refused',
    out: 'of the host\nrefused\n',
  },
  {
    name: '--tmpfs is empty, in memory, and as large as it was told',
    flags: ['--tmpfs', '/scratch:size=1m,mode=1770'],
    script:
      'stat -f -c %T /scratch; stat -c %a /scratch; df -k --output=size /scratch | tail -1 | tr -d " "; ls -A /scratch; head -c 2m /dev/zero >/scratch/big',
    out: 'tmpfs\n1770\n1024\n',
    err: /No space left/,
    code: 1,
  },
  {
    name: '--read-only closes the root, but not a tmpfs',
    flags: ['--read-only', '--tmpfs', '/tmp'],
    script: 'touch /tmp/ok && echo tmpfs; touch /nope; touch /usr/nope',
    out: 'tmpfs\n',
    err: /cannot touch '\/nope': Read-only file system\n.*Read-only/,
    code: 1,
  },
  {
    name: '--shm-size is the size of /dev/shm',
    flags: ['--shm-size', '2m'],
    script: 'df -k --output=size /dev/shm | tail -1 | tr -d " "; touch /dev/shm/x',
    out: '2048\n',
  },
  {
    name: '/dev/shm has 64 MiB without being asked',
    flags: [],
    script: 'df -k --output=size /dev/shm | tail -1 | tr -d " "',
    out: '65536\n',
  },
  {
    name: '--device gives the node and the right to open it',
    flags: ['--device', '/dev/loop-control:/dev/loops:r'],
    script: 'stat -c "%F %t:%T" /dev/loops; exec 3</dev/loops && echo opened',
    out: 'character special file a:ed\nopened\n',
  },
  {
    name: 'without --device a node can be made but not opened',
    flags: [],
    script: 'mknod /tmp/k c 10 237 && exec 3</tmp/k',
    err: /Operation not permitted/,
    code: 2,
  },
  {
    name: '--device-cgroup-rule lets open it',
    flags: ['--device-cgroup-rule', 'c 10:237 r'],
    script: 'mknod /tmp/k c 10 237 && exec 3</tmp/k && echo opened',
    out: 'opened\n',
  },
  {
    name: '--device …:r refuses to write',
    flags: ['--device', '/dev/loop-control:/dev/loops:r'],
    script: 'exec 3>/dev/loops',
    err: /Operation not permitted/,
    code: 2,
  },
  {
    name: 'the standard devices work',
    flags: [],
    script:
      'ls -1 /dev | tr "\\n" " "; head -c 3 /dev/zero | od -An -tx1; head -c 2 /dev/urandom | wc -c; echo x >/dev/null; echo x >/dev/full',
    out: 'core fd full mqueue null ptmx pts random shm stderr stdin stdout tty urandom zero  00 00 00\n2\n',
    err: /I\/O error|No space left/,
    code: 1,
  },
  {
    name: 'later layers change, delete and hide what is in earlier ones',
    flags: [],
    script: 'cat /etc/layered; ls /etc/doomed /etc/debian_version 2>/dev/null; ls -A /opt/hidden',
    out: 'third\nnew\n',
  },
  {
    name: 'the root is an overlay of all layers with an upper directory',
    flags: [],
    script: 'stat -f -c %T /; grep -c "^overlay / " /proc/mounts',
    out: /^overlayfs\n1\n$/,
  },
]);

s.test('what is written reaches the upper directory only, never the image', async () => {
  await s.daemon.ok(
    'run',
    '--name',
    'writer',
    'ubuntu',
    'sh',
    '-c',
    'echo changed >/etc/motd; rm /etc/layered; mkdir /new; touch /new/file',
  );
  const other = await s.daemon.cli(
    'run',
    '--rm',
    'ubuntu',
    'sh',
    '-c',
    'cat /etc/motd /etc/layered; ls -d /new 2>/dev/null; true',
  );
  assert.is(other.out, 'from the second layer\nthird\n');
  const { out } = await s.daemon.docker('diff', 'writer');

  assert.equal(
    out
      .trim()
      .split('\n')
      .filter((line) => line !== 'A /etc/hosts')
      .sort(),
    ['A /new', 'A /new/file', 'C /etc', 'C /etc/motd', 'D /etc/layered'],
  );
  const upper = sh('find', `${s.daemon.root}/containers`, '-path', '*/upper/*', '-printf', '%P %y\n');
  assert.match(upper, /upper\/etc\/layered c\n/, 'a deleted file is a whiteout');
  await s.daemon.ok('rm', 'writer');
});

s.test.run();
