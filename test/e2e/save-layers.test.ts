/** How `docker save` reads the layers that it has compressed. */
import * as assert from 'uvu/assert';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { site } from './site.ts';

const s = await site('the layers of a saved archive', { images: ['tiny'] });
const d = () => s.daemon;
const at = (name: string) => join(d().root, name);
const descriptions = () => readdirSync(at('layers')).map((name) => at(`layers/${name}/layer.json`));
let whole: Buffer;

s.test('layers are uncompressed while they are sent: no file is made for them', async () => {
  await d().dockerOk('save', '-o', at('whole.tar'), 'tiny');
  whole = readFileSync(at('whole.tar'));
  const tellSize = (path: string) => (JSON.parse(readFileSync(path, 'utf8')) as { tarSize?: number }).tarSize;
  for (const path of descriptions()) assert.ok(tellSize(path)! > 0, path);
  const [save] = (await d().json<{ id: string; kind: string }[]>('/drydock/operations')).filter(
    ({ kind }) => kind === 'save',
  );
  const journal = (await d().api('GET', `/drydock/operations/${save!.id}/journal`)).body;
  assert.match(journal, /save\.expand-layers/);
  assert.not.match(journal, /images-expand/);
});

s.test('a layer whose length is not known, of an older Drydock, gives the same archive', async () => {
  await d().stop();
  for (const path of descriptions()) {
    const { tarSize, ...older } = JSON.parse(readFileSync(path, 'utf8')) as { tarSize: number };
    assert.ok(tarSize);
    writeFileSync(path, JSON.stringify(older));
  }
  await d().start();
  await d().dockerOk('save', '-o', at('older.tar'), 'tiny');
  assert.ok(readFileSync(at('older.tar')).equals(whole));
});

s.test('a layer that the disk has damaged cuts the archive off, and the client says so', async () => {
  await d().dockerOk('rmi', 'tiny');
  await d().dockerOk('pull', '-q', 'tiny');
  const blobs = readdirSync(at('blobs/sha256')).map((name) => at(`blobs/sha256/${name}`));
  const [largest] = blobs.sort((a, b) => statSync(b).size - statSync(a).size);
  const bytes = readFileSync(largest!);
  bytes[bytes.length >> 1]! ^= 0xff;
  writeFileSync(largest!, bytes);
  const refusal = await d().dockerRefused('save', '-o', at('damaged.tar'), 'tiny');
  assert.match(refusal, /unexpected EOF|damaged|incorrect data check|invalid/);
  const { code } = await d().cli('save', '-o', at('damaged.tar'), 'tiny');
  assert.is(code, 1);
  assert.is((await d().api('GET', '/_ping')).status, 200);
});

s.test.run();
