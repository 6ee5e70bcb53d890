import { chmodSync } from 'node:fs';
import * as assert from 'uvu/assert';
import { CONTENT_BYTES, contentOf } from '../../../runtime/storage/overlay2/content.ts';
import { lineageOf } from '../../../runtime/storage/overlay2/lineage.ts';
import { listingOf } from '../../../runtime/storage/overlay2/listing.ts';
import type { Stack } from '../../../runtime/storage/overlay2/stack.ts';
import { suite } from '../../harness.ts';
import { RealOverlay } from '../../watch/real-overlay.ts';

const test = suite('looking a path up in the layers', 'root');
let overlay: RealOverlay;
let stack: Stack;
test.before(async () => {
  overlay = new RealOverlay(
    { 'etc/passwd': 'top\n', 'srv/from-top': '', 'opt/x/': '' },
    {
      'etc/passwd': 'base\n',
      'etc/motd': 'hi\n',
      'srv/from-base': '',
      'usr/bin/tool': '\x7fELF\0',
      'opt/x/deep': 'd',
      big: 'é'.repeat(CONTENT_BYTES),
      latin: 'x',
    },
  ).mount();
  overlay.run(
    `echo mine >> etc/passwd; rm etc/motd; rm -r srv; mkdir srv; echo n > srv/new; ln -s usr/bin bin; ln -s /../../etc deep; ln -s loop loop; printf 'a\\377b' > latin; chmod 4711 usr/bin/tool`,
  );
  stack = await overlay.stack();
});
test.after(async () => {
  await stack.close();
  overlay.close();
});

const parts = async (path: string) =>
  Object.fromEntries((await lineageOf(stack, path)).layers.map(({ layer, part }) => [layer, part]));

test('a read stops at the first that has it; what lies below is hidden', async () => {
  const { layers, stops, seen } = await lineageOf(stack, '/etc/passwd');
  assert.equal(await parts('/etc/passwd'), { upper: 'hit', top: 'hidden', base: 'hidden' });
  assert.equal([stops, seen], ['upper', true]);
  assert.equal(
    layers.map(({ size }) => size),
    [9, 4, 5],
  );
  assert.is(new Set(layers.map(({ sha256 }) => sha256)).size, 3);
  assert.ok(layers[0]!.xattrs!.some(({ name }) => name === 'trusted.overlay.origin'));
});

test('a whiteout ends the lookup with nothing', async () => {
  const lineage = await lineageOf(stack, '/etc/motd');
  assert.equal(await parts('/etc/motd'), { upper: 'whiteout', top: 'absent', base: 'hidden' });
  assert.equal([lineage.stops, lineage.seen], ['upper', false]);
});

test('directories are merged down to an opaque one, and what is below that is hidden with all that is in it', async () => {
  assert.equal(await parts('/etc'), { upper: 'hit', top: 'merged', base: 'merged' });
  assert.equal(await parts('/srv'), { upper: 'hit', top: 'hidden', base: 'hidden' });
  assert.is((await lineageOf(stack, '/srv')).layers[0]!.opaque, true);
  assert.equal(await parts('/srv/from-top'), { upper: 'absent', top: 'hidden', base: 'absent' });
  assert.is((await lineageOf(stack, '/srv/from-top')).seen, false);
  assert.equal(await parts('/'), { upper: 'hit', top: 'merged', base: 'merged' });
});

test('links on the way are followed as the container would, and never out of it; the last is looked at as a link', async () => {
  const tool = await lineageOf(stack, '/bin/tool');
  assert.equal([tool.path, tool.stops, tool.layers[0]!.mode], ['/usr/bin/tool', 'upper', 0o4711]);
  assert.is((await lineageOf(stack, '/deep/passwd')).path, '/etc/passwd');
  assert.is((await lineageOf(stack, '/../../../../etc/./passwd')).path, '/etc/passwd');
  assert.is((await lineageOf(stack, '/deep')).layers[0]!.target, '/../../etc');
  await lineageOf(stack, '/loop/x').then(
    () => assert.unreachable(),
    (error: Error) => assert.match(error.message, /too many symbolic links/),
  );
});

test('the content of each layer is text where it is, bounded, and said to be binary where it is not', async () => {
  assert.equal(await contentOf(stack, '/etc/passwd', 'upper'), {
    layer: 'upper',
    type: 'file',
    size: 9,
    cut: false,
    binary: false,
    text: 'top\nmine\n',
  });
  assert.is((await contentOf(stack, '/etc/passwd', 'base')).text, 'base\n');
  const big = await contentOf(stack, '/big', 'base');
  assert.equal([big.cut, big.binary, big.text!.length], [true, false, CONTENT_BYTES / 2]);
  assert.equal(
    [(await contentOf(stack, '/bin/tool', 'base')).binary, (await contentOf(stack, '/latin', 'upper')).binary],
    [true, true],
  );
  assert.is((await contentOf(stack, '/bin', 'upper')).text, 'usr/bin');
  for (const [path, layer] of [
    ['/etc/motd', 'top'],
    ['/etc/passwd', '../../etc'],
  ] as const)
    await contentOf(stack, path, layer).then(
      () => assert.unreachable(),
      (error: Error) => assert.match(error.message, /no/),
    );
});

test('a pipe and a device are not opened', async () => {
  overlay.run('mkfifo pipe; mknod full c 1 7');
  for (const path of ['/pipe', '/full']) assert.is((await contentOf(stack, path, 'upper')).text, undefined);
});

test('a listing is what the container sees, each name with its layer', async () => {
  const seen = await listingOf(stack, '/etc');
  assert.equal(seen.entries, [
    { name: 'motd', type: 'char', layer: 'upper', over: ['base'], deleted: true },
    { name: 'passwd', type: 'file', layer: 'upper', over: ['top', 'base'] },
  ]);
  assert.equal(
    seen.entries.filter(({ deleted }) => !deleted).map(({ name }) => name),
    overlay.run('ls etc').trim().split('\n'),
  );
  for (const dir of ['/', '/srv', '/opt', '/opt/x', '/usr']) {
    assert.equal(
      (await listingOf(stack, dir)).entries.filter(({ deleted }) => !deleted).map(({ name }) => name),
      overlay.run(`LC_ALL=C ls -a .${dir} | grep -v '^[.]*$'`).trim().split('\n'),
      dir,
    );
  }
  assert.equal(
    (await listingOf(stack, '/opt/x')).entries.map(({ layer }) => layer),
    ['base'],
  );
  await listingOf(stack, '/etc/passwd').then(
    () => assert.unreachable(),
    (error: Error) => assert.match(error.message, /no directory/),
  );
});

test('a directory that nobody may read is read all the same: the daemon looks, not the container', async () => {
  chmodSync(`${overlay.upper}/srv`, 0);
  assert.equal(
    (await listingOf(stack, '/srv')).entries.map(({ name }) => name),
    ['new'],
  );
});

test.run();
