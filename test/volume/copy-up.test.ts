import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { copyUp, finishCopy } from '../../runtime/volume/copy-up/copy-up.ts';
import { sizeOf } from '../../runtime/volume/copy-up/size.ts';
import { sh, suite } from '../harness.ts';
import { seen } from '../storage/seen-tree.ts';

const test = suite('filling an empty volume', 'root', 'setcap');
const dirs: string[] = [];
test.after(() => dirs.forEach((dir) => rmSync(dir, { recursive: true, force: true })));

/** A directory of an image, and a volume. */
function made(script: string): { from: string; dir: string; data: string } {
  const top = mkdtempSync('/tmp/dd-copy-up-');
  dirs.push(top);
  const [from, dir] = [join(top, 'image'), join(top, 'volume')];
  mkdirSync(from);
  mkdirSync(join(dir, '_data'), { recursive: true });
  sh('sh', '-ec', `cd ${from}\n${script}`);
  return { from, dir, data: join(dir, '_data') };
}
async function fill(from: string, dir: string, control?: SharedArrayBuffer) {
  const fd = openSync(from, 'r');
  try {
    return await copyUp({ from: fd, dir, ...(control && { control }) });
  } finally {
    closeSync(fd);
  }
}

const everything = `
  umask 022; echo one > f; ln f g; mkdir -m 1777 d; ln f d/h; ln -s ../f d/s; ln -s /etc/passwd abs
  mkfifo -m 640 p; mknod -m 620 c c 1 3; chown 7:8 f; chmod 4751 f; chown -h 9:9 abs
  setcap cap_net_raw=ep d/h; printf x > holes; truncate -s 3M holes; touch -d 2001-02-03 f d
  printf odd > "$(printf 'n\\377\\nx')"; chown 5:6 .; chmod 2750 .; touch -d 2002-03-04 .`;

test('owners, modes, times, links, attributes and holes are those of the image, also of the root', async () => {
  const { from, dir, data } = made(everything);
  const { entries } = await fill(from, dir);
  assert.ok((entries ?? 0) >= 10, String(entries));
  assert.equal(seen(data), seen(from));
  assert.is(statSync(join(data, 'f')).nlink, 3);
  const root = statSync(data);
  assert.equal([root.uid, root.gid, root.mode & 0o7777], [5, 6, 0o2750]);
  assert.is(root.mtimeMs, statSync(from).mtimeMs);
  assert.equal(readdirSync(dir), ['_data']);
});

test('a volume that holds anything gets nothing, and keeps its own root', async () => {
  const { from, dir, data } = made('echo image > f; chmod 700 .');
  writeFileSync(join(data, 'own'), '');
  assert.equal(await fill(from, dir), {});
  assert.equal(readdirSync(data), ['own']);
  assert.is(statSync(data).mode & 0o777, 0o755);
});

test('a copy that is cancelled leaves the volume empty', async () => {
  const { from, dir, data } = made('i=0; while [ $i -lt 600 ]; do : > $i; i=$((i+1)); done');
  const control = new SharedArrayBuffer(16);
  Atomics.store(new BigInt64Array(control), 1, 1n);
  const code = await fill(from, dir, control).then(
    () => 'none',
    (error: { code?: string }) => error.code,
  );
  assert.is(code, 'ABORT_ERR');
  assert.equal([readdirSync(dir), readdirSync(data)], [['_data'], []]);
});

test('a full disk leaves the volume empty', async () => {
  const { from, dir } = made('head -c 3000000 /dev/urandom > big; echo x > a');
  sh('mount', '-t', 'tmpfs', '-o', 'size=1m', 'small', dir);
  try {
    mkdirSync(join(dir, '_data'));
    const code = await fill(from, dir).then(
      () => 'none',
      (error: { code?: string }) => error.code,
    );
    assert.is(code, 'ENOSPC');
    assert.equal([readdirSync(dir), readdirSync(join(dir, '_data'))], [['_data'], []]);
  } finally {
    sh('umount', dir);
  }
});

test('a daemon that was killed while it copied leaves an empty volume', async () => {
  const { dir, data } = made('');
  mkdirSync(join(dir, '.partial', 'd'), { recursive: true });
  writeFileSync(join(dir, '.partial', 'f'), 'half');
  await finishCopy(dir);
  assert.equal([readdirSync(dir), readdirSync(data)], [['_data'], []]);
});

test('a daemon that was killed while it moved the copy leaves a volume that the next one completes', async () => {
  const { dir, data } = made('');
  mkdirSync(join(dir, '.copied'));
  sh('sh', '-ec', `cd ${join(dir, '.copied')}; echo b > b; echo c > c; chmod 700 .`);
  writeFileSync(join(data, 'a'), 'moved already');
  writeFileSync(join(data, 'c'), 'written by a process meanwhile');
  await finishCopy(dir);
  assert.equal(readdirSync(data).sort(), ['a', 'b', 'c']);
  assert.is(readFileSync(join(data, 'c'), 'utf8'), 'written by a process meanwhile');
  assert.is(statSync(data).mode & 0o777, 0o700);
  assert.not.ok(existsSync(join(dir, '.copied')));
  await finishCopy(dir);
  assert.equal(readdirSync(data).sort(), ['a', 'b', 'c'], 'once more changes nothing');
});

test('the size of a volume counts each file once', async () => {
  const { from } = made('printf 12345 > a; ln a b; mkdir d; printf 123 > d/c; ln -s a l');
  assert.is(await sizeOf(from), 8);
});

test.run();
