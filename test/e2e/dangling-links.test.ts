import * as assert from 'uvu/assert';
import { existsSync, lstatSync, mkdirSync, writeFileSync } from 'node:fs';
import { link, pullMade } from './made-image.ts';
import { site } from './site.ts';

const s = await site('a mount point that is a link to nothing', { images: [] });
let image: string;
s.test.before(async () => {
  image = await pullMade(s.daemon, 'dangling', [
    link('etc/resolv.conf', '../run/systemd/resolve/stub-resolv.conf'),
    link('etc/localtime', '/usr/share/zoneinfo/Etc/UTC'),
    link('ddir', '/nowhere/dir'),
    link('up', '../../../../../../escaped/dir'),
    link('chain', 'chain2/deeper'),
    link('chain2', '/chain3'),
    link('chain3', './real/../made'),
    link('loop', '/loop'),
    link('sbin', 'usr/sbin'),
    link('magic', '/proc/self/cwd/x'),
  ]);
});
let dirs = 0;
function host(): string {
  const dir = `${s.daemon.root}/host${++dirs}`;
  mkdirSync(dir);
  writeFileSync(`${dir}/file`, 'of the host\n');
  return dir;
}
const run = async (...args: string[]) => {
  const { code, out, err } = await s.daemon.cli('run', '--rm', ...args);
  return code === 0 ? out : `${code}: ${err}`;
};

s.test('resolv.conf → ../run/…: the run starts, the link stays, and what it leads to is made and mounted', async () => {
  assert.is(
    await run(
      image,
      'sh',
      '-c',
      'readlink /etc/resolv.conf; stat -c "%a %u" /run/systemd/resolve; grep -o " /run/systemd/resolve/stub-resolv.conf " /proc/self/mountinfo; cat /etc/resolv.conf >/dev/null && echo read',
    ),
    '../run/systemd/resolve/stub-resolv.conf\n755 0\n /run/systemd/resolve/stub-resolv.conf \nread\n',
  );
});

s.test('-v of a file over a link to a file that is not there', async () => {
  assert.is(
    await run(
      '-v',
      `${host()}/file:/etc/localtime`,
      image,
      'sh',
      '-c',
      'cat /etc/localtime /usr/share/zoneinfo/Etc/UTC; readlink /etc/localtime',
    ),
    'of the host\nof the host\n/usr/share/zoneinfo/Etc/UTC\n',
  );
});

s.test('-v and --tmpfs of a directory, and -w', async () => {
  assert.is(
    await run('-v', `${host()}:/ddir`, image, 'cat', '/nowhere/dir/file', '/ddir/file'),
    'of the host\nof the host\n',
  );
  assert.is(
    await run('--tmpfs', '/ddir', image, 'sh', '-c', 'stat -f -c %T /nowhere/dir; stat -c %a /ddir/'),
    'tmpfs\n1777\n',
  );
  assert.is(await run('-w', '/ddir/more', image, 'pwd'), '/nowhere/dir/more\n');
});

s.test("a link that climbs ends at the container's root", async () => {
  assert.is(await run('-v', `${host()}:/up/on`, image, 'cat', '/escaped/dir/on/file'), 'of the host\n');
  assert.not(existsSync('/escaped'));
});

s.test('links through links, with .. in a directory that is not there', async () => {
  assert.is(await run('-v', `${host()}:/chain/end`, image, 'cat', '/made/deeper/end/file'), 'of the host\n');
});

s.test('links that lead to themselves are an error, and so is one of procfs', async () => {
  assert.match(await run('-v', `${host()}:/loop`, image, 'true'), /^125: [^]*too many levels of symbolic links/);
  assert.match(await run('-v', `${host()}:/loop/below`, image, 'true'), /^125: [^]*too many levels of symbolic links/);
});

s.test('--init, whose directory is a link to one that is not there', async () => {
  assert.is(await run('--init', image, 'cat', '/proc/1/comm'), 'docker-init\n');
  assert.is(lstatSync('/sbin').isDirectory() || lstatSync('/sbin').isSymbolicLink(), true);
});

s.test("a tmpfs on a directory that is not there is 1777, on one that is it takes that one's mode", async () => {
  assert.is(
    await run(
      '--tmpfs',
      '/new',
      '--tmpfs',
      '/etc',
      '--tmpfs',
      '/deep/er',
      image,
      '/bin/stat',
      '-c',
      '%a %n',
      '/new',
      '/etc',
      '/deep',
      '/deep/er',
    ),
    '1777 /new\n755 /etc\n755 /deep\n1777 /deep/er\n',
  );
});

s.test.run();
