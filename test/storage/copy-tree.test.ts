import { existsSync, lstatSync, statSync, writeFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { copyTree } from '../../runtime/storage/tree/copy-tree.ts';
import { suite } from '../harness.ts';
import { Layers, scripts } from './layers.ts';
import { seen } from './seen-tree.ts';

const test = suite('vfs: layers copied into one tree', 'root', 'tar', 'setcap');
const layers = new Layers();
test.after(() => layers.close());

test('the copy is what overlayfs shows of the same layers', async () => {
  const tars = scripts.map((script) => layers.archived(layers.made(script)));
  const [forOverlay, forVfs]: [string[], string[]] = [[], []];
  for (const tar of tars) {
    forOverlay.unshift(await layers.unpacked(tar, 'overlayfs'));
    forVfs.unshift(await layers.unpacked(tar, 'files'));
  }
  const target = layers.path('copy');
  await copyTree({ whiteouts: 'files', layers: forVfs, target });
  const shown = seen(target);
  assert.equal(shown, seen(layers.overlay(forOverlay).merged));
  assert.ok(shown.length > 25, `only ${shown.length} entries`);
  assert.ok(
    shown.some((line) => line.includes('with holes')),
    'and holes are holes',
  );
  assert.is(statSync(join(target, 'linked')).nlink, 3);
  assert.not.ok(existsSync(join(target, 'etc/deep/er')));
  assert.equal(
    shown.filter((line) => line.includes('.wh.')),
    [],
    'no whiteout is copied',
  );
});

test('a layer of vfs keeps whiteouts as files, and makes no device of them', async () => {
  const dir = await layers.unpacked(layers.archived(layers.made('mkdir d; touch .wh.x d/.wh..wh..opq')), 'files');
  assert.ok(lstatSync(join(dir, '.wh.x')).isFile());
  assert.ok(lstatSync(join(dir, 'd/.wh..wh..opq')).isFile());
  assert.not.ok(existsSync(join(dir, 'x')));
});

test('what changes a copy changes neither the layer nor another copy', async () => {
  const dir = await layers.unpacked(layers.archived(layers.made('echo one > f')), 'files');
  const [one, other] = [layers.path('one'), layers.path('other')];
  for (const target of [one, other]) await copyTree({ whiteouts: 'files', layers: [dir], target });
  const before = seen(dir);
  writeFileSync(join(one, 'f'), 'changed');
  assert.equal(seen(dir), before);
  assert.equal(seen(other), before);
});

test('an image without layers is an empty tree, open to all as a root is', async () => {
  const target = layers.path('empty');
  assert.equal(await copyTree({ whiteouts: 'files', layers: [], target }), { entries: 0 });
  assert.is(statSync(target).mode & 0o7777, 0o755);
});

test('a copy that is cancelled stops, and says so by its code', async () => {
  const dir = layers.path('many');
  mkdirSync(dir);
  for (let j = 0; j < 600; j++) writeFileSync(join(dir, String(j)), '');
  const control = new SharedArrayBuffer(16);
  Atomics.store(new BigInt64Array(control), 1, 1n);
  const error = await copyTree({ whiteouts: 'files', layers: [dir], target: layers.path('cut'), control }).then(
    () => undefined,
    (thrown: { code?: string }) => thrown,
  );
  assert.is(error?.code, 'ABORT_ERR');
});

test('a link of a layer leads nowhere: what it points at on the host is not copied', async () => {
  writeFileSync(layers.path('secret'), 'secret');
  const dir = layers.made(`ln -s ${layers.path('secret')} link; ln -s ${layers.dir} dir`);
  const target = layers.path('links');
  await copyTree({ whiteouts: 'files', layers: [dir], target });
  assert.equal(seen(target), seen(dir));
  assert.ok(lstatSync(join(target, 'dir')).isSymbolicLink());
});

test.run();
