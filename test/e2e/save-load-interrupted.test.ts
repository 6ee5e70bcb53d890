/** `docker save` and `docker load` that are aborted, or whose daemon is killed. */
import * as assert from 'uvu/assert';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { until } from '../until.ts';
import { overTcp } from './over-tcp.ts';
import { imageStore } from './image-store.ts';
import { site } from './site.ts';

const s = await site('images as archives, interrupted', { images: ['tiny', 'ubuntu'] });
const d = () => s.daemon;
const archive = () => join(d().root, 'tiny.tar');
const remove = (name: string) => d().api('DELETE', `/images/${name}?force=1`);
const store = () => imageStore(d());

s.test.before(async () => {
  await d().dockerOk('save', '-o', archive(), 'tiny');
});

const STEPS = {
  load: ['load.receive', 'load.read-documents', 'load.unpack-layers', 'load.discard', 'load.write-images'],
  save: ['save.find-images', 'save.expand-layers', 'save.write-documents', 'save.send', 'save.discard'],
};
const begins = async (query: string, body: Buffer | undefined, path: string) => {
  const { port, close } = await overTcp(d().socket);
  const answer = await fetch(`http://127.0.0.1:${port}${path}${query}`, body ? { method: 'POST', body } : {});
  return { id: answer.headers.get('drydock-operation')!, text: answer.text().catch(() => ''), close };
};
const over = (id: string, wanted: string) =>
  until(`it is ${wanted}`, async () => {
    const { state } = await d().json<{ state: string }>(`/drydock/operations/${id}`);
    return state === wanted;
  });

s.test('a load and a save that are aborted before any of their steps leave nothing', async () => {
  const bytes = readFileSync(archive());
  await remove('tiny');
  for (const [kind, path, body] of [
    ['load', '/images/load?', bytes],
    ['save', '/images/get?names=ubuntu&', undefined],
  ] as const) {
    const before = await store();
    for (const step of STEPS[kind]) {
      const { id, text, close } = await begins(`break=${step}`, body, path);
      await until(`it is held before ${step}`, async () =>
        (await d().api('GET', `/drydock/operations/${id}/journal`)).body.includes('"paused"'),
      );
      assert.is((await d().api('POST', `/drydock/operations/${id}/gate`, { command: 'abort' })).status, 204);
      await over(id, 'failed');
      await text;
      close();
      assert.equal(await store(), before, step);
    }
  }
  await d().dockerOk('load', '-q', '-i', archive());
});

s.test('a daemon that is killed in the middle of a load leaves nothing to the next one', async () => {
  await remove('tiny');
  const before = await store();
  for (const step of ['load.read-documents', 'load.write-images']) {
    const { id, text, close } = await begins(`break=${step}`, readFileSync(archive()), '/images/load?');
    await until(`it is held before ${step}`, async () =>
      (await d().api('GET', `/drydock/operations/${id}/journal`)).body.includes('"paused"'),
    );
    await d().kill9();
    await text;
    close();
    await d().start();
    await over(id, 'failed');
    await until('nothing stays', async () => JSON.stringify(await store()) === JSON.stringify(before));
  }
  assert.is(await d().dockerOk('load', '-q', '-i', archive()), 'Loaded image: tiny:latest');
});

s.test.run();
