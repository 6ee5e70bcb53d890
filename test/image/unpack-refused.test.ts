/** Layers that would climb out of their directory, that are damaged, or that are not what the config promises. */
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import * as assert from 'uvu/assert';
import { unpackLayer } from '../../runtime/image/layer/unpack.ts';
import { sh, suite } from '../harness.ts';
import { dir, link, unpacking } from './unpacking.ts';
import { archive, digestOf, entry, header, pax, type Made } from './tarball.ts';

const test = suite('a layer that is refused', 'root');
const { work, unpack } = unpacking(test);

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
