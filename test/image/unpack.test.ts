import { execFileSync } from 'node:child_process';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import * as assert from 'uvu/assert';
import { addon } from '../../runtime/syscalls/native.ts';
import { sh, suite } from '../harness.ts';
import { dir, link, unpacking } from './unpacking.ts';
import { archive, pax } from './tarball.ts';

const test = suite('unpack a layer', 'root');
const { work, unpack } = unpacking(test);

function xattr(path: string, name: string): Buffer | undefined {
  const op = addon()
    .operations()
    .findIndex(([known]) => known === 'lgetxattr');
  const answer = addon().local(op, [path, name, 4096]);
  return Array.isArray(answer) ? answer[1] : undefined;
}
const isWhiteout = (path: string) => lstatSync(path).isCharacterDevice() && lstatSync(path).rdev === 0;

test('makes files, directories, links and devices with owner, mode and time', async () => {
  const root = await unpack(
    archive(
      dir('./', { mode: 0o751, mtime: 1_000_000_000 }),
      dir('a/', { mode: 0o700, uid: 5, gid: 6, mtime: 1_100_000_000 }),
      { name: 'a/f', content: 'hello', mode: 0o4755, uid: 1000, gid: 2000, mtime: 1_200_000_000 },
      { name: 'a/hard', type: '1', linkname: 'a/f' },
      { ...link('a/soft', '/etc/passwd'), uid: 7, mtime: 1_300_000_000 },
      { name: 'fifo', type: '6', mode: 0o622 },
      { name: 'zero', type: '3', devmajor: 1, devminor: 5, mode: 0o666 },
      { name: 'disk', type: '4', devmajor: 259, devminor: 1000 },
      { name: 'old/', type: '0' },
    ),
  );
  const file = statSync(join(root, 'a/f'));
  assert.is(readFileSync(join(root, 'a/f'), 'utf8'), 'hello');
  assert.equal([file.mode & 0o7777, file.uid, file.gid, file.mtimeMs, file.nlink], [0o4755, 1000, 2000, 1.2e12, 2]);
  const folder = statSync(join(root, 'a'));
  assert.equal([folder.mode & 0o7777, folder.uid, folder.gid, folder.mtimeMs], [0o700, 5, 6, 1.1e12]);
  assert.equal([statSync(root).mode & 0o7777, statSync(root).mtimeMs], [0o751, 1e12]);
  assert.is(readlinkSync(join(root, 'a/soft')), '/etc/passwd');
  assert.equal([lstatSync(join(root, 'a/soft')).uid, lstatSync(join(root, 'a/soft')).mtimeMs], [7, 1.3e12]);
  assert.ok(lstatSync(join(root, 'fifo')).isFIFO() && (lstatSync(join(root, 'fifo')).mode & 0o777) === 0o622);
  assert.is(sh('stat', '-c', '%F %t:%T', join(root, 'zero')).trim(), 'character special file 1:5');
  assert.is(sh('stat', '-c', '%F %t:%T', join(root, 'disk')).trim(), 'block special file 103:3e8');
  assert.ok(lstatSync(join(root, 'old')).isDirectory());
});

test('turns whiteouts into what overlayfs understands', async () => {
  const root = await unpack(
    archive(
      { name: 'a/.wh.gone' },
      { name: 'b/.wh..wh..opq' },
      { name: 'b/kept', content: 'x' },
      { name: '.wh..wh.plnk' },
      { name: 'c/.wh.dir' },
      dir('c/dir/'),
      { name: 'c/dir/new' },
      dir('d/'),
      { name: '.wh.d' },
      { name: 'e' },
      { name: '.wh.e' },
    ),
  );
  assert.ok(isWhiteout(join(root, 'a/gone')));
  assert.is(xattr(join(root, 'b'), 'trusted.overlay.opaque')?.toString(), 'y');
  assert.ok(existsSync(join(root, 'b/kept')));
  assert.equal(readdirSync(root).sort(), ['a', 'b', 'c', 'd', 'e']);
  assert.is(
    xattr(join(root, 'c/dir'), 'trusted.overlay.opaque')?.toString(),
    'y',
    'a directory that replaces one of a lower layer',
  );
  assert.is(xattr(join(root, 'd'), 'trusted.overlay.opaque')?.toString(), 'y', 'the same the other way round');
  assert.ok(lstatSync(join(root, 'e')).isFile(), 'a whiteout speaks of lower layers only');
});

test("keeps capabilities and user attributes, and none of overlayfs' own", async () => {
  const capability = Buffer.from('0100000200200000000000000000000000000000', 'hex');
  const root = await unpack(
    archive(
      pax({
        'SCHILY.xattr.security.capability': capability,
        'SCHILY.xattr.user.a': 'b',
        'SCHILY.xattr.trusted.overlay.redirect': '/etc',
        'SCHILY.xattr.user.overlay.x': 'y',
        'LIBARCHIVE.xattr.user.l%61': 'eg==',
      }),
      { name: 'ping', uid: 3, mode: 0o755 },
    ),
  );
  assert.equal(xattr(join(root, 'ping'), 'security.capability'), capability);
  assert.is(xattr(join(root, 'ping'), 'user.a')?.toString(), 'b');
  assert.is(xattr(join(root, 'ping'), 'user.la')?.toString(), 'z');
  assert.is(xattr(join(root, 'ping'), 'trusted.overlay.redirect'), undefined);
  assert.is(xattr(join(root, 'ping'), 'user.overlay.x'), undefined);
});

test('reads pax names, owners, sizes and nanoseconds, and bytes that are no UTF-8', async () => {
  const long = `${'d/'.repeat(80)}${'ü'.repeat(60)}`;
  const root = await unpack(
    archive(
      pax({ path: long, uid: '3000000', gid: '4000000', mtime: '1234567890.123456789', size: '3' }),
      { name: 'short', content: 'abc', size: 0 },
      pax({ mtime: '-1.5' }),
      { name: 'before' },
      { name: 'latin\xe4' },
      pax({ path: 'glob' }, 'g'),
      { name: 'x' },
    ),
  );
  const stat = statSync(join(root, long), { bigint: true });
  assert.equal([stat.uid, stat.gid, stat.mtimeNs], [3000000n, 4000000n, 1234567890123456789n]);
  assert.is(readFileSync(join(root, long), 'utf8'), 'abc');
  assert.is(statSync(join(root, 'before'), { bigint: true }).mtimeNs, -1500000000n);
  assert.ok(existsSync(Buffer.concat([Buffer.from(`${root}/latin`), Buffer.from([0xe4])])));
  assert.ok(existsSync(join(root, 'glob')));
});

for (const format of ['gnu', 'oldgnu', 'pax']) {
  for (const sparse of format === 'pax' ? ['0.0', '0.1', '1.0'] : ['']) {
    test(['tar'], `reads what GNU tar writes as ${format} ${sparse}: holes, long names, links`, async () => {
      const source = join(work, `source-${format}${sparse}`);
      mkdirSync(join(source, 'n'.repeat(90), 'm'.repeat(120)), { recursive: true });
      sh('dd', 'if=/dev/zero', `of=${source}/holes`, 'bs=1', 'count=0', 'seek=20M', 'status=none');
      // More sparse segments than fit into the header of the old GNU format.
      for (let at = 1; at < 40; at++)
        execFileSync('dd', [`of=${source}/holes`, 'bs=64k', `seek=${at * 7}`, 'conv=notrunc', 'status=none'], {
          input: `segment ${at}`.repeat(1000),
        });
      writeFileSync(join(source, 'n'.repeat(90), 'm'.repeat(120), 'file'), 'deep');
      sh('ln', '-s', '/'.padEnd(150, 'x'), join(source, 'longlink'));
      sh('ln', join(source, 'holes'), join(source, 'hard'));
      const tar = execFileSync(
        'tar',
        ['-C', source, '-S', `--format=${format}`, ...(sparse ? [`--sparse-version=${sparse}`] : []), '-c', '.'],
        { maxBuffer: 1 << 26 },
      );
      const root = await unpack(tar);
      assert.is(sh('diff', '-r', '--no-dereference', source, root), '');
      assert.ok(statSync(join(root, 'holes')).blocks * 512 < 8e6, 'the holes are holes');
    });
  }
}

test(['zstd'], 'reads gzip, zstd and plain alike', async () => {
  const tar = archive({ name: 'a', content: 'x'.repeat(300_000) });
  const zstd = execFileSync('zstd', ['-q', '-c'], { input: tar });
  const skippable = Buffer.concat([Buffer.from('502a4d1804000000', 'hex'), Buffer.from('skip')]);
  for (const blob of [
    tar,
    gzipSync(tar),
    zstd,
    Buffer.concat([gzipSync(tar.subarray(0, 1000)), gzipSync(tar.subarray(1000))]),
    Buffer.concat([skippable, zstd]),
  ]) {
    assert.is(readFileSync(join(await unpack(tar, blob), 'a'), 'utf8').length, 300_000);
  }
});

test('replaces what came before under the same name', async () => {
  const root = await unpack(
    archive(
      { name: 'a', content: 'old' },
      { name: 'a', content: 'new' },
      dir('d/'),
      { name: 'd/x' },
      { name: 'd', content: 'file' },
      link('l', 'a'),
      dir('l/'),
      { name: 'l/in' },
      dir('keep/'),
      { name: 'keep/x' },
      dir('keep/', { mode: 0o711 }),
    ),
  );
  assert.is(readFileSync(join(root, 'a'), 'utf8'), 'new');
  assert.is(readFileSync(join(root, 'd'), 'utf8'), 'file');
  assert.ok(lstatSync(join(root, 'l')).isDirectory() && existsSync(join(root, 'l/in')));
  assert.ok(existsSync(join(root, 'keep/x')) && (statSync(join(root, 'keep')).mode & 0o777) === 0o711);
});

test('follows a link inside the layer, as a chroot would', async () => {
  const root = await unpack(
    archive(
      dir('usr/bin/'),
      link('bin', 'usr/bin'),
      { name: 'bin/sh', content: 'x' },
      dir('run/'),
      link('var/run', '/run'),
      { name: 'var/run/pid', content: '1' },
    ),
  );
  assert.ok(existsSync(join(root, 'usr/bin/sh')) && lstatSync(join(root, 'bin')).isSymbolicLink());
  assert.ok(existsSync(join(root, 'run/pid')));
  assert.not.ok(existsSync('/run/pid'));
});

test.run();
