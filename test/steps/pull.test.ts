import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import type { HttpResponse } from '../../runtime/kernel/http.ts';
import { recordingKernel, type RecordingKernel } from '../../runtime/kernel/recording.ts';
import { unpackLayer } from '../../runtime/image/layer/unpack.ts';
import { pull } from '../../runtime/steps/image/pull.ts';
import { context, failure, runPull, sample } from '../image/sample.ts';
import { suite } from '../harness.ts';
import { answerOf } from '../kernel/http-answer.ts';

const test = suite('pull, on the recording kernel', 'root');
const work = mkdtempSync('/dev/shm/drydock-pull-');
test.after(() => rmSync(work, { recursive: true, force: true }));
const image = sample([[{ name: 'a' }], [{ name: 'b' }], [{ name: 'c' }], [{ name: 'd' }]]);
let count = 0;
const fresh = () => join(work, String(++count));

function answer(url: string): HttpResponse {
  const reference = /\/(?:manifests|blobs)\/([^/]+)$/.exec(new URL(url).pathname)?.[1] ?? '';
  const manifest = image.manifests.get(reference === 'latest' ? image.index : reference);
  if (url.endsWith('/v2/')) return answerOf('{}');
  if (manifest) return answerOf(manifest.bytes, { 'content-type': manifest.mediaType });
  const blob = image.blobs.get(reference);
  return blob ? answerOf(blob) : answerOf('', {}, 404);
}
const kernel = (fail?: { at: number; errno: string }): RecordingKernel =>
  recordingKernel({
    fetch: async (url) => answer(url),
    jobs: { unpack: (input) => unpackLayer(input as never) },
    ...(fail && { fail }),
  });

test('has a title, an explanation and an id in the phase for each step', () => {
  for (const step of pull.steps) {
    assert.match(step.id, /^pull\.[a-z-]+$/);
    assert.ok(step.title.length > 5 && step.explain.length > 150, step.id);
    assert.match(step.explain, /^[^\n]{20,160}[.:]\s/, `${step.id} begins with a sentence that stands alone`);
  }
});

test('runs its steps in the order of the protocol', async () => {
  const k = kernel();
  const ran = await runPull(context({ reference: 'reg.example/x', root: fresh() }), k);
  assert.equal(ran, [
    'pull.resolve-reference',
    'pull.look-in-store',
    'pull.contact-registry',
    'pull.fetch-index',
    'pull.choose-platform',
    'pull.fetch-manifest',
    'pull.fetch-config',
    'pull.fetch-layers',
    'pull.unpack-layers',
    'pull.commit',
  ]);
  const urls = k.calls.map((call) =>
    call.replace('daemon.fetch("GET", "https://reg.example/v2/', 'GET ').replace(/^(GET .*)"\)$/, '$1'),
  );
  assert.equal(urls.slice(0, 4), [
    'GET ',
    'GET x/manifests/latest',
    `GET x/manifests/${image.manifest}`,
    `GET x/blobs/${image.config}`,
  ]);
  assert.equal(urls.slice(4, 8).sort(), image.layers.map((digest) => `GET x/blobs/${digest}`).sort());
  assert.equal(urls.slice(8), Array(4).fill('daemon.job("unpack")'));
  assert.ok(k.facts.some(({ key, value }) => key === 'digest' && value === image.index));
});

test('asks a registry nothing when the image is in the store, and shows evidence at each step', async () => {
  const c = context({ reference: 'reg.example/x', root: fresh() });
  await runPull(c, kernel());
  for (const step of pull.steps)
    for (const { title, lines } of (await step.inspect?.(kernel(), c)) ?? []) assert.ok(title && lines.length, step.id);
  const k = kernel();
  const again = context({ reference: 'reg.example/x:latest', images: c.images });
  await runPull(again, k);
  assert.equal([k.calls, again.image?.id], [[], image.config]);
});

test('leaves nothing behind, whichever call fails', async () => {
  const calls = kernel();
  await runPull(context({ reference: 'reg.example/x', root: fresh() }), calls);
  for (let at = 0; at < calls.calls.length; at++) {
    const root = fresh();
    const c = context({ reference: 'reg.example/x', root });
    await failure(runPull(c, kernel({ at, errno: 'EIO' })));
    for (const dir of ['blobs/sha256', 'layers', 'l'])
      assert.equal(readdirSync(join(root, dir)), [], `call ${at}: ${calls.calls[at]}`);
    assert.equal(c.images.list(), []);
  }
});

test('takes back what it did without knowing what it was', async () => {
  const root = fresh();
  const c = context({ reference: 'reg.example/x', root });
  for (const step of [...pull.steps].reverse()) await step.undo?.(kernel(), c);
  await runPull(c, kernel());
  for (const step of [...pull.steps].reverse()) await step.undo?.(kernel(), c);
  assert.is(c.images.find('reg.example/x')?.id, image.config, 'an image that was committed stays');
});

const refused: [
  reference: string,
  policy: 'missing' | 'never',
  platform: string | undefined,
  status: number,
  message: RegExp,
][] = [
  ['Ubuntu', 'missing', undefined, 400, /must be lowercase/],
  ['nothing', 'never', undefined, 404, /^No such image: nothing:latest$/],
  [`sha256:${'a'.repeat(64)}`, 'missing', undefined, 404, /^No such image: sha256:a+$/],
  ['reg.example/x', 'missing', 'linux/arm/v5', 404, /^no matching manifest for linux\/arm\/v5/],
  ['reg.example/x', 'missing', 'not a platform', 400, /is an invalid component of/],
  ['reg.example/x:nope', 'missing', undefined, 404, /manifest unknown/],
];
for (const [reference, policy, platform, status, message] of refused) {
  test(`refuses ${reference.slice(0, 20)} ${platform ?? ''} (${policy})`, async () => {
    const error = await failure(
      runPull(context({ reference, policy, ...(platform && { platform }), root: fresh() }), kernel()),
    );
    assert.is(error.status, status);
    assert.match(error.message, message);
  });
}

test.run();
