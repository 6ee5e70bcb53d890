import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { Aside } from '../../runtime/data-root/set-aside.ts';
import { VolumeStore } from '../../runtime/volume/store/store.ts';
import type { Volume } from '../../runtime/volume/volume.ts';
import { suite } from '../harness.ts';
import { until } from '../until.ts';

const test = suite('the volumes of a data root', 'root');
const roots: string[] = [];
const newRoot = () => {
  const root = mkdtempSync('/tmp/dd-volumes-');
  roots.push(root);
  mkdirSync(join(root, 'volumes'));
  return root;
};
test.after(() => roots.forEach((root) => rmSync(root, { recursive: true, force: true })));

const open = async (root: string) => {
  const aside = new Aside(root, () => undefined);
  return { store: await VolumeStore.open(root, aside), reports: aside.reports };
};
const volume = (name: string, more: Partial<Volume> = {}): Volume => ({
  name,
  driver: 'local',
  options: null,
  labels: null,
  created: 1000,
  ...more,
});
/** A directory as the steps make it, with a file in it. */
function directory(root: string, name: string, content?: string): string {
  const data = join(root, 'volumes', name, '_data');
  mkdirSync(data, { recursive: true });
  if (content !== undefined) writeFileSync(join(data, 'f'), content);
  return data;
}

test('a volume is the same after the daemon has ended', async () => {
  const root = newRoot();
  directory(root, 'data', 'kept');
  const data = volume('data', { labels: { a: 'b' }, options: { o: 'size=1m' } });
  (await open(root)).store.add(data);
  const { store, reports } = await open(root);
  assert.equal(store.list(), [data]);
  assert.equal(reports, []);
});

test('a directory without files and without a record is from an interrupted create and goes', async () => {
  const root = newRoot();
  directory(root, 'half');
  mkdirSync(join(root, 'volumes', 'bare'));
  directory(root, 'torn');
  writeFileSync(join(root, 'volumes', 'torn', 'volume.json.partial'), '{"na');
  assert.equal((await open(root)).store.list(), []);
  assert.equal(readdirSync(join(root, 'volumes')), []);
});

for (const [what, text] of [
  ['no record', undefined],
  ['a torn record', '{"name":"data","dri'],
  ['the record of another volume', JSON.stringify(volume('other'))],
  ['a record of another kind', '[]'],
  ['a record of an unknown driver', JSON.stringify({ ...volume('data'), driver: 'nfs' })],
] as const)
  test(`files with ${what} are a volume, and stay`, async () => {
    const root = newRoot();
    const data = directory(root, 'data', 'kept');
    if (text !== undefined) writeFileSync(join(root, 'volumes', 'data', 'volume.json'), text);
    const { store, reports } = await open(root);
    const [{ name, driver, labels } = volume('')] = store.list();
    assert.equal([name, driver, labels], ['data', 'local', null]);
    assert.is(readFileSync(join(data, 'f'), 'utf8'), 'kept');
    assert.is(reports.length, text === undefined ? 0 : 1);
    assert.equal((await open(root)).reports, [], 'the next daemon finds a whole record');
  });

test('what is no volume is reported and left alone', async () => {
  const root = newRoot();
  writeFileSync(join(root, 'volumes', 'file'), 'text');
  symlinkSync('/etc', join(root, 'volumes', 'link'));
  mkdirSync(join(root, 'volumes', '-x'));
  const { store, reports } = await open(root);
  assert.equal(store.list(), []);
  assert.is(reports.length, 3);
  assert.equal(readdirSync(join(root, 'volumes')).sort(), ['-x', 'file', 'link']);
});

test('a removal that was cut short is finished', async () => {
  const root = newRoot();
  const removed = join(root, 'volumes', '.removed-1-data');
  mkdirSync(join(removed, '_data', 'a', 'b'), { recursive: true });
  await open(root);
  await until('its files are gone', () => !existsSync(removed));
  assert.not.ok(existsSync(removed));
});

test('works on one volume wait for each other, also when one of them fails', async () => {
  const { store } = await open(newRoot());
  const seen: string[] = [];
  const work =
    (name: string, fails = false) =>
    async () => {
      seen.push(`${name} begins`);
      await new Promise((resolve) => setImmediate(resolve));
      seen.push(`${name} ends`);
      if (fails) throw new Error(name);
    };
  const first = store.inTurn('data', work('one', true)).catch((error: Error) => error.message);
  await Promise.all([store.inTurn('data', work('two')), store.inTurn('other', work('apart'))]);
  assert.is(await first, 'one');
  assert.equal(
    seen.filter((line) => !line.startsWith('apart')),
    ['one begins', 'one ends', 'two begins', 'two ends'],
  );
});

test.run();
