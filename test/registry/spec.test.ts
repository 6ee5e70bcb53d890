/** What of OCI distribution spec 1.1 goes beyond pulling and pushing by sha256, and the garbage collection. */
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { OCI_INDEX, OCI_MANIFEST } from '../../runtime/image/manifest/media-types.ts';
import { gcRegistry } from '../../server/registry/serve.ts';
import { startRegistry, type Registry } from '../../server/registry/registry.ts';
import { suite } from '../harness.ts';
import { until } from '../until.ts';

const test = suite('our registry beyond the plain push');
const root = mkdtempSync('/dev/shm/drydock-registry-spec-');
let registry: Registry;
test.before(async () => {
  registry = await startRegistry({ root, port: 0, durable: true });
});
test.after(async () => {
  await registry.close();
  rmSync(root, { recursive: true, force: true });
});
const at = (path: string, init: RequestInit = {}) => fetch(`${registry.url}/v2/${path}`, init);
const digest = (bytes: string, algorithm = 'sha256') =>
  `${algorithm}:${createHash(algorithm).update(bytes).digest('hex')}`;
async function push(name: string, content: string, algorithm?: string): Promise<string> {
  const wanted = digest(content, algorithm);
  const answer = await at(`${name}/blobs/uploads/?digest=${wanted}`, { method: 'POST', body: content });
  assert.is(answer.status, 201, await answer.text());
  return wanted;
}
const put = (name: string, reference: string, document: object, type = OCI_MANIFEST) =>
  at(`${name}/manifests/${reference}`, {
    method: 'PUT',
    body: JSON.stringify(document),
    headers: { 'Content-Type': type },
  });
async function image(name: string, tag: string, content: string, more: object = {}): Promise<string> {
  const config = await push(name, `{"of":"${content}"}`);
  const layer = await push(name, content);
  const answer = await put(name, tag, {
    schemaVersion: 2,
    mediaType: OCI_MANIFEST,
    config: { mediaType: 'application/vnd.oci.image.config.v1+json', digest: config, size: 1 },
    layers: [{ mediaType: 'application/vnd.oci.image.layer.v1.tar', digest: layer, size: content.length }],
    ...more,
  });
  assert.is(answer.status, 201, await answer.text());
  return answer.headers.get('docker-content-digest')!;
}

test('stores blobs and manifests under sha512 digests', async () => {
  const blob = await push('wide', 'content', 'sha512');
  assert.is(await (await at(`wide/blobs/${blob}`)).text(), 'content');
  const begun = await at('wide/blobs/uploads/', { method: 'POST' });
  const location = registry.url + begun.headers.get('location')!;
  await fetch(location, { method: 'PATCH', body: 'in ' });
  const done = await fetch(`${location}?digest=${digest('in parts', 'sha512')}`, { method: 'PUT', body: 'parts' });
  assert.is(done.status, 201);
  const document = { schemaVersion: 2, mediaType: OCI_MANIFEST, config: { digest: blob }, layers: [] };
  const wanted = digest(JSON.stringify(document), 'sha512');
  const answer = await put('wide', wanted, document);
  assert.equal([answer.status, answer.headers.get('docker-content-digest')], [201, wanted]);
  assert.is((await at(`wide/manifests/${wanted}`)).headers.get('docker-content-digest'), wanted);
  const wrong = await at(`wide/blobs/uploads/?digest=${digest('x', 'sha512')}`, { method: 'POST', body: 'y' });
  assert.is(wrong.status, 400);
});

test('lists the manifests that say something about another one', async () => {
  const subject = await image('art', 'v1', 'the image');
  const about = (artifactType: string) => ({
    subject: { mediaType: OCI_MANIFEST, digest: subject, size: 1 },
    artifactType,
    annotations: { of: artifactType },
  });
  const empty = await (await at(`art/referrers/${digest('nothing')}`)).json();
  assert.equal(empty, { schemaVersion: 2, mediaType: OCI_INDEX, manifests: [] });
  const config = await push('art', '{}');
  const signature = await put('art', 'sig', {
    schemaVersion: 2,
    mediaType: OCI_MANIFEST,
    config: { mediaType: 'application/vnd.oci.empty.v1+json', digest: config, size: 2 },
    layers: [],
    ...about('application/x.signature'),
  });
  assert.equal([signature.status, signature.headers.get('oci-subject')], [201, subject]);
  const bill = await image('art', 'sbom', 'a list of parts', about('application/x.sbom'));
  const all = await at(`art/referrers/${subject}`);
  assert.is(all.headers.get('content-type'), OCI_INDEX);
  const listed = ((await all.json()) as { manifests: { artifactType: string; annotations: object }[] }).manifests;
  assert.equal(listed.map(({ artifactType }) => artifactType).sort(), [
    'application/x.sbom',
    'application/x.signature',
  ]);
  const some = await at(`art/referrers/${subject}?artifactType=application/x.sbom`);
  assert.is(some.headers.get('oci-filters-applied'), 'artifactType');
  const { manifests } = (await some.json()) as { manifests: { digest: string; annotations: object }[] };
  assert.equal(
    manifests.map((one) => [one.digest, one.annotations]),
    [[bill, { of: 'application/x.sbom' }]],
  );
  assert.is((await at(`art/manifests/${bill}`, { method: 'DELETE' })).status, 202);
  const left = ((await (await at(`art/referrers/${subject}`)).json()) as { manifests: object[] }).manifests;
  assert.is(left.length, 1);
  assert.is((await at('art/referrers/sha256:abc')).status, 400);
});

test('takes layers that are elsewhere, and no others that it does not have', async () => {
  const config = await push('foreign', '{}');
  const mediaType = 'application/vnd.oci.image.layer.nondistributable.v1.tar+gzip';
  const layer = { mediaType, digest: digest('elsewhere'), size: 9, urls: ['https://example.com/layer'] };
  const document = { schemaVersion: 2, mediaType: OCI_MANIFEST, config: { digest: config } };
  assert.is((await put('foreign', 'a', { ...document, layers: [layer] })).status, 201);
  assert.is((await put('foreign', 'b', { ...document, layers: [{ ...layer, urls: [] }] })).status, 404);
});

test('mounts a blob without being told from where', async () => {
  const blob = await push('first', 'to be mounted');
  assert.is((await at(`second/blobs/uploads/?mount=${blob}`, { method: 'POST' })).status, 201);
  assert.is(await (await at(`second/blobs/${blob}`)).text(), 'to be mounted');
  assert.is((await at(`second/blobs/uploads/?mount=${digest('absent')}`, { method: 'POST' })).status, 202);
});

test('an upload goes on after a cut and after the end of the registry', async () => {
  const path = (await at('long/blobs/uploads/', { method: 'POST' })).headers.get('location')!;
  await new Promise<void>((resolve) => {
    const socket = connect(registry.port, '127.0.0.1', () =>
      socket.write(`PATCH ${path} HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\none `),
    );
    socket.on('close', () => resolve());
    const file = join(root, 'uploads', path.split('/').at(-1)!);
    void until('the bytes are there', async () => {
      const answer = await fetch(registry.url + path);
      return answer.headers.get('range') === '0-3' && existsSync(file);
    }).then(() => socket.destroy());
  });
  await until('the cut is noticed', async () => {
    const answer = await fetch(registry.url + path, {
      method: 'PATCH',
      body: 'two ',
      headers: { 'Content-Range': '4-7' },
    });
    return answer.status === 202;
  });
  await registry.close();
  registry = await startRegistry({ root, port: 0, durable: true });
  assert.is((await fetch(registry.url + path)).headers.get('range'), '0-7');
  const foreign = path.replace('/long/', '/other/');
  assert.is((await fetch(registry.url + foreign)).status, 404, 'an upload belongs to its repository');
  const whole = digest('one two three');
  const done = await fetch(`${registry.url}${path}?digest=${whole}`, { method: 'PUT', body: 'three' });
  assert.is(done.status, 201, await done.text());
  assert.is(await (await at(`long/blobs/${whole}`)).text(), 'one two three');
  const id = path.split('/').at(-1)!;
  assert.equal(
    readdirSync(join(root, 'uploads')).filter((file) => file.startsWith(id)),
    [],
  );
});

test('the garbage collection takes what no manifest needs, and nothing else', async () => {
  const kept = await image('gc', 'kept', 'kept layer');
  const child = await image('gc', 'child', 'layer of an index');
  await at('gc/manifests/child', { method: 'DELETE' });
  const index = { schemaVersion: 2, mediaType: OCI_INDEX, manifests: [{ digest: child, size: 1 }] };
  assert.is((await put('gc', 'index', index, OCI_INDEX)).status, 201);
  const about = { subject: { digest: kept, size: 1 } };
  const referrer = await image('gc', 'about', 'a signature', about);
  await at('gc/manifests/about', { method: 'DELETE' });
  const untagged = await image('gc', 'moved', 'before the tag moved');
  await image('gc', 'moved', 'after the tag moved');
  const loose = await push('gc', 'no manifest needs this');
  const young = { older: 3_600_000, untagged: true, dryRun: false };
  assert.equal(await gcRegistry(root, young), { manifests: 0, blobs: 0, bytes: 0 });
  assert.ok((await gcRegistry(root, { older: 0, untagged: true, dryRun: true })).blobs > 0);
  assert.is((await at(`gc/blobs/${loose}`, { method: 'HEAD' })).status, 200);
  const { bytes } = await gcRegistry(root, { older: 0, untagged: false, dryRun: false });
  assert.ok(bytes >= 'no manifest needs this'.length);
  assert.is((await at(`gc/blobs/${loose}`, { method: 'HEAD' })).status, 404);
  assert.is((await at(`gc/manifests/${untagged}`)).status, 200);
  await gcRegistry(root, { older: 0, untagged: true, dryRun: false });
  assert.is((await at(`gc/manifests/${untagged}`)).status, 404);
  const before = digest('before the tag moved');
  assert.is((await at(`gc/blobs/${before}`)).status, 404);
  assert.is(existsSync(join(root, 'blobs/sha256', before.slice(7))), false);
  for (const manifest of [kept, child, referrer]) {
    const answer = await at(`gc/manifests/${manifest}`);
    assert.is(answer.status, 200);
    const { layers } = (await answer.json()) as { layers: { digest: string }[] };
    assert.is((await at(`gc/blobs/${layers[0]!.digest}`)).status, 200);
  }
  assert.equal(readdirSync(join(root, 'trash')), []);
});

test.run();
