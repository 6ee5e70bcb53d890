/** `drydock verify`: an image whose bytes are what its digests say, and one of which a byte was flipped. */
import * as assert from 'uvu/assert';
import { closeSync, openSync, readFileSync, readSync, renameSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { site } from './site.ts';
import { until } from '../until.ts';

const s = await site('images verified', { images: ['tiny'] });
const d = () => s.daemon;
interface Node {
  kind: string;
  at?: number;
  digest: string;
  why?: string;
}
const verified = async (name: string) => {
  const { status, body } = await d().api('POST', `/drydock/images/${name}/verify`);
  assert.is(status, 200, body);
  return JSON.parse(body) as Node[];
};
const pathOf = (digest: string) => join(d().root, 'blobs/sha256', digest.slice('sha256:'.length));
function flip(path: string): void {
  const fd = openSync(path, 'r+');
  const byte = Buffer.alloc(1);
  readSync(fd, byte, 0, 1, 40);
  writeSync(fd, Buffer.from([byte[0]! ^ 1]), 0, 1, 40);
  closeSync(fd);
}
const tree = () =>
  d()
    .json<{ Id: string; RootFS: { Layers: string[] } }>('/images/tiny/json')
    .then(({ Id, RootFS }) => ({
      id: Id,
      layers: RootFS.Layers,
    }));
/** The digest of the lowest layer's archive, as the image's own manifest has it. */
const archiveOf = async () => {
  const [{ digest }] = (await verified('tiny')).filter(({ kind }) => kind === 'manifest') as [Node];
  const manifest = JSON.parse(readFileSync(pathOf(digest), 'utf8')) as {
    layers: { digest: string }[];
  };
  return manifest.layers[0]!.digest;
};

s.test('an image as it was pulled is whole, node by node', async () => {
  const { id, layers } = await tree();
  const nodes = await verified('tiny');
  assert.equal(
    nodes.map(({ kind, why }) => [kind, why]),
    [['manifest', undefined], ['config', undefined], ...layers.map(() => ['layer', undefined])],
  );
  assert.equal(
    nodes.slice(1).map(({ digest }) => digest),
    [id, ...layers],
  );
  const { code, out } = await d().cli('verify', 'tiny');
  assert.is(code, 0);
  assert.match(out, new RegExp(`^whole +manifest sha256:.*\nwhole +config ${id}\nwhole +layer 1 ${layers[0]}\n`));
});

s.test('one flipped byte is found in a layer, in the config and in the manifest, and named', async () => {
  const { id, layers } = await tree();
  const [{ digest: manifest }] = (await verified('tiny')) as [Node];
  for (const [path, kind, digest] of [
    [pathOf(await archiveOf()), 'layer', layers[0]],
    [pathOf(id), 'config', id],
    [pathOf(manifest), 'manifest', manifest],
  ] as const) {
    flip(path);
    const broken = (await verified('tiny')).filter(({ why }) => why !== undefined);
    const { code, out, err } = await d().cli('verify', 'tiny');
    flip(path);
    assert.equal(
      broken.map((node) => [node.kind, node.digest]),
      [[kind, digest]],
    );
    assert.match(broken[0]!.why!, /the digest sha256:[0-9a-f]{64}$/);
    assert.is(code, 1);
    assert.match(out, new RegExp(`^DAMAGED +${kind}.* ${digest}: `, 'm'));
    assert.match(err, /1 of the digests do not match/);
  }
  assert.equal(
    (await verified('tiny')).filter(({ why }) => why !== undefined),
    [],
  );
});

s.test('an archive that is gone is named, and an image that is not there is 404', async () => {
  const path = pathOf(await archiveOf());
  renameSync(path, `${path}.away`);
  const broken = (await verified('tiny')).filter(({ why }) => why !== undefined);
  renameSync(`${path}.away`, path);
  assert.equal(
    broken.map(({ why }) => why),
    ['its archive is not there'],
  );
  assert.is((await d().api('POST', '/drydock/images/nowhere/verify')).status, 404);
});

s.test('it is held before each of its steps, and an abort there ends it', async () => {
  const steps = ['verify.find-image', 'verify.documents', 'verify.layers', 'verify.chain', 'verify.judge'];
  for (const step of steps) {
    // an answer that has begun is cut off
    const asked = d()
      .api('POST', `/drydock/images/tiny/verify?break=${step}`)
      .catch(() => undefined);
    const held = async () => {
      const all = await d().json<{ id: string; kind: string; state: string }[]>('/drydock/operations');
      const one = all.find(({ kind, state }) => kind === 'verify' && state === 'creating');
      const journal = one && (await d().api('GET', `/drydock/operations/${one.id}/journal`)).body;
      return journal?.includes('"paused"') ? one : undefined;
    };
    await until(`it is held before ${step}`, async () => (await held()) !== undefined);
    const { id } = (await held())!;
    await d().api('POST', `/drydock/operations/${id}/gate`, { command: 'abort' });
    await asked;
    assert.is((await d().json<{ state: string }>(`/drydock/operations/${id}`)).state, 'failed', step);
  }
});

s.test.run();
