import { execFileSync } from 'node:child_process';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import * as assert from 'uvu/assert';
import { addon } from '../../runtime/syscalls/native.ts';
import { unpackLayer } from '../../runtime/image/layer/unpack.ts';
import { sh, suite } from '../harness.ts';
import { archive, digestOf, entry, header, pax, type Made } from './tarball.ts';

const test = suite('unpack a layer', 'root');
const work = mkdtempSync('/dev/shm/drydock-unpack-');
test.after(() => rmSync(work, { recursive: true, force: true }));
let count = 0;

async function unpack(tar: Buffer, blob = tar): Promise<string> {
  const dir = join(work, String(++count));
  writeFileSync(`${dir}.blob`, blob);
  await unpackLayer({ blob: `${dir}.blob`, dir, diffID: digestOf(tar) });
  return join(dir, 'diff');
}
function xattr(path: string, name: string): Buffer | undefined {
  const op = addon()
    .operations()
    .findIndex(([known]) => known === 'lgetxattr');
  const answer = addon().local(op, [path, name, 4096]);
  return Array.isArray(answer) ? answer[1] : undefined;
}
const isWhiteout = (path: string) => lstatSync(path).isCharacterDevice() && lstatSync(path).rdev === 0;
const dir = (name: string, more: Partial<Made> = {}): Made => ({ name, type: '5', ...more });
const link = (name: string, linkname: string): Made => ({ name, type: '2', linkname });

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

const victim = join(work, 'victim');
const climbs: [what: string, parts: (Buffer | Made)[], message: RegExp][] = [
  ['.. in a name', [{ name: '../victim/x' }], /climbs out of its root: "\.\.\/victim\/x"/],
  ['.. after a directory', [dir('a/'), { name: 'a/../../victim/x' }], /climbs out/],
  [
    'an absolute link to the host',
    [link('a', victim), { name: 'a/x' }],
    /a link that leads to no directory of the layer/,
  ],
  ['a relative link that goes up', [link('a', '../../victim'), { name: 'a/x' }], /climbs out/],
  ['links through links', [link('a', '.'), link('a/b', '..'), link('c', 'b/..'), { name: 'c/victim/x' }], /climbs out/],
  ['a link to .. itself', [link('up', '..'), { name: 'up/victim/x' }], /climbs out/],
  ['a link in a circle', [link('a', 'b'), link('b', 'a'), { name: 'a/x' }], /"a"/],
  ['a hard link to the host', [{ name: 'h', type: '1', linkname: '../../victim/secret' }], /climbs out/],
  [
    'a hard link through a link',
    [link('a', victim), { name: 'h', type: '1', linkname: 'a/secret' }],
    /no directory of the layer/,
  ],
  ['a hard link to an absolute path', [{ name: 'h', type: '1', linkname: join(victim, 'secret') }], /cannot be linked/],
  [
    'a hard link to what is not there',
    [{ name: 'h', type: '1', linkname: 'nothing' }],
    /must come before it in the same layer/,
  ],
  ['a whiteout of ..', [{ name: '.wh...' }], /takes away no name/],
  ['a whiteout through a link', [link('a', victim), { name: 'a/.wh.secret' }], /no directory of the layer/],
  ['an opaque mark through a link', [link('a', '../../victim'), { name: 'a/.wh..wh..opq' }], /climbs out/],
  ['a directory through a link', [link('a', victim), dir('a/new/')], /no directory of the layer/],
  ['a file as a directory', [{ name: 'a', content: 'x' }, { name: 'a/x' }], /needed as a directory/],
  ['the root as a file', [{ name: '.', type: '2', linkname: victim }], /root is no directory/],
  ['a pax path that climbs', [pax({ path: '../victim/x' }), { name: 'x' }], /climbs out/],
  [
    'a link swapped for a directory',
    [dir('a/'), { name: 'a/1' }, { name: 'a', type: '2', linkname: '../../victim' }, { name: 'a/x' }],
    /climbs out/,
  ],
];
for (const [what, parts, message] of climbs) {
  test(`refuses a layer with ${what} and touches nothing outside`, async () => {
    mkdirSync(victim, { recursive: true });
    writeFileSync(join(victim, 'secret'), 'secret');
    const before = sh('find', victim, '-printf', '%p %i %m %n %s %T@\n');
    const error = await unpack(archive(...parts)).catch((error: unknown) => error as Error);
    assert.instance(error, Error);
    assert.match((error as Error).message, message);
    assert.is(sh('find', victim, '-printf', '%p %i %m %n %s %T@\n'), before);
  });
}

const damaged: [what: string, bytes: () => Buffer, message: RegExp][] = [
  ['a file that is cut short', () => header({ name: 'a', size: 1e6 }, 0), /ends in the middle/],
  [
    'a body that is cut short',
    () => entry({ name: 'a', content: 'x'.repeat(2000) }).subarray(0, 1024),
    /ends in the middle/,
  ],
  ['a checksum that is wrong', () => entry({ name: 'a' }).fill(0x41, 0, 1), /checksum/],
  [
    'a size that is no number',
    () => {
      const h = header({ name: 'a' }, 0);
      h.write('zz', 124);
      h.write('        ', 148);
      h.write(
        `${h
          .reduce((s, b) => s + b, 0)
          .toString(8)
          .padStart(6, '0')}\0`,
        148,
      );
      return h;
    },
    /not an octal number/,
  ],
  ['a pax header of gigabytes', () => header({ name: 'x', type: 'x', size: 2 ** 32 }, 0), /at most 1048576/],
  ['a pax record without an end', () => entry({ name: 'x', type: 'x', content: '99 path=a\n' }), /cut short/],
  ['a negative pax size', () => Buffer.concat([pax({ size: '-5' }), entry({ name: 'a' })]), /size is -5/],
  [
    'a sparse map that overlaps',
    () =>
      Buffer.concat([
        pax({ 'GNU.sparse.major': '0', 'GNU.sparse.size': '10', 'GNU.sparse.map': '5,5,0,5' }),
        entry({ name: 'a', content: '0123456789' }),
      ]),
    /overlap/,
  ],
  [
    'a sparse map that says more than is there',
    () =>
      Buffer.concat([
        pax({ 'GNU.sparse.size': '1000', 'GNU.sparse.map': '0,900' }),
        entry({ name: 'a', content: 'x' }),
      ]),
    /hold 900 bytes/,
  ],
  [
    'a sparse file with millions of segments',
    () =>
      Buffer.concat([
        pax({ 'GNU.sparse.major': '1', 'GNU.sparse.realsize': '10' }),
        entry({ name: 'a', content: '999999999\n'.padEnd(512, '0\n') }),
      ]),
    /segments/,
  ],
  ['a uid that is none', () => Buffer.concat([pax({ uid: '-1' }), entry({ name: 'a' })]), /no uid/],
  ['a device that is out of range', () => entry({ name: 'd', type: '3', devmajor: 100_000 }), /out of range/],
  ['a NUL in a name', () => Buffer.concat([pax({ path: 'a\0b' }), entry({ name: 'a' })]), /NUL/],
  [
    'a directory of thousands of levels',
    () => Buffer.concat([pax({ path: 'a/'.repeat(2000) }), entry({ name: 'a' })]),
    /components/,
  ],
  ['an archive type of other times', () => entry({ name: 'a', type: 'M' }), /which no layer may hold/],
];
for (const [what, bytes, message] of damaged) {
  test(`a layer with ${what} is refused`, async () => {
    const error = await unpack(bytes()).catch((error: unknown) => error as Error);
    assert.instance(error, Error);
    assert.match((error as Error).message, message);
  });
}

test('refuses a layer with another diffID, damaged gzip and damaged zstd', async () => {
  const tar = archive({ name: 'a' });
  writeFileSync(join(work, 'other'), tar);
  await assertRejects(
    unpackLayer({ blob: join(work, 'other'), dir: join(work, 'o'), diffID: digestOf(Buffer.from('x')) }),
    /config promises/,
  );
  const broken = gzipSync(tar);
  broken.fill(0xff, broken.length - 8);
  await assertRejects(unpack(tar, broken), /incorrect|invalid/);
  await assertRejects(unpack(tar, gzipSync(tar).subarray(0, 50)), /unexpected end/);
  await assertRejects(unpack(tar, Buffer.concat([Buffer.from('28b52ffd', 'hex'), Buffer.alloc(100, 0xff)])), /.+/);
});

test('refuses zstd that wants gigabytes of memory, also in a later frame', async () => {
  // RFC 8878: magic, flags 0, window descriptor 0xa8 = 2 GiB, one empty raw block.
  const greedy = Buffer.from('28b52ffd00a8010000', 'hex');
  const modest = Buffer.from('28b52ffd0050010000', 'hex');
  for (const blob of [greedy, Buffer.concat([modest, greedy])])
    await assertRejects(unpack(Buffer.alloc(0), blob), /window of 2147483648 bytes/);
  await assertRejects(
    unpack(Buffer.alloc(0), Buffer.concat([modest, Buffer.from('trailing')])),
    /no zstd frame begins/,
  );
  await unpack(Buffer.alloc(0), modest);
});

test('stops when it is told to, and leaves no descriptor open', async () => {
  const tar = archive(...Array.from({ length: 300 }, (_, j): Made => ({ name: `${j}/file`, content: 'x' })));
  const before = readdirSync('/proc/self/fd').length;
  const control = new SharedArrayBuffer(16);
  new BigInt64Array(control)[1] = 1n;
  writeFileSync(join(work, 'stop'), tar);
  await assertRejects(
    unpackLayer({ blob: join(work, 'stop'), dir: join(work, 's'), diffID: digestOf(tar), control }),
    /cancelled/,
  );
  await unpack(tar);
  assert.ok(readdirSync('/proc/self/fd').length <= before + 1);
});

async function assertRejects(promise: Promise<unknown>, message: RegExp): Promise<void> {
  const error = await promise.then(
    () => undefined,
    (error: unknown) => error as Error,
  );
  assert.instance(error, Error);
  assert.match(error!.message, message);
}

test.run();
