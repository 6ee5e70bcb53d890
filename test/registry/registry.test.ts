import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { OCI_MANIFEST } from '../../runtime/image/manifest/media-types.ts';
import { startRegistry, type Registry } from '../../server/registry/registry.ts';
import { writeLayout } from '../image/layout.ts';
import { context, runPull, sample } from '../image/sample.ts';
import { suite } from '../harness.ts';
import { skopeo } from './skopeo.ts';
import { until } from '../until.ts';

const test = suite('our registry');
const work = mkdtempSync('/dev/shm/drydock-registry-');
const root = join(work, 'storage');
const image = sample([[{ name: 'a', content: 'x'.repeat(100_000) }], [{ name: 'b' }]]);
let registry: Registry;
test.before(async () => {
  registry = await startRegistry({ root, port: 0, maxBlob: 1_000_000 });
});
test.after(async () => {
  await registry.close();
  rmSync(work, { recursive: true, force: true });
});
const at = (path: string, init: RequestInit = {}) => fetch(`${registry.url}/v2/${path}`, init);
const digest = (bytes: string) => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
const codeOf = async (response: Response) =>
  ((await response.json()) as { errors: { code: string }[] }).errors[0]!.code;

test(['skopeo', 'root'], 'takes an image from skopeo and gives it to skopeo and to us', async () => {
  writeLayout(join(work, 'layout'), image);
  const name = `docker://127.0.0.1:${registry.port}/some/thing`;
  await skopeo('copy', '--dest-tls-verify=false', `oci:${join(work, 'layout')}:latest`, `${name}:v1`);
  await skopeo(
    'copy',
    '--src-tls-verify=false',
    '--dest-tls-verify=false',
    `${name}:v1`,
    `docker://127.0.0.1:${registry.port}/other:latest`,
  );
  await skopeo('copy', '--src-tls-verify=false', `${name}:v1`, `dir:${join(work, 'out')}`);
  for (const layer of image.layers) assert.ok(existsSync(join(work, 'out', layer.slice(7))));
  assert.equal(JSON.parse(await skopeo('list-tags', '--tls-verify=false', name)).Tags, ['v1']);
  const c = context({ reference: `127.0.0.1:${registry.port}/some/thing:v1`, root: join(work, 'store') });
  await runPull(c);
  assert.is(c.image?.id, image.config);
  await skopeo('delete', '--tls-verify=false', name + ':v1');
  assert.is((await at('some/thing/manifests/v1')).status, 404);
});

async function push(name: string, content: string): Promise<string> {
  const response = await at(`${name}/blobs/uploads/?digest=${digest(content)}`, { method: 'POST', body: content });
  assert.is(response.status, 201);
  return digest(content);
}

test('takes a blob whole, in chunks, and by mount from another repository', async () => {
  const whole = await push('one', 'whole');
  assert.is(await (await at(`one/blobs/${whole}`)).text(), 'whole');
  const begun = await at('one/blobs/uploads/', { method: 'POST' });
  assert.is(begun.status, 202);
  const location = registry.url + begun.headers.get('location')!;
  const first = await fetch(location, { method: 'PATCH', body: 'chunk one ', headers: { 'Content-Range': '0-9' } });
  assert.equal([first.status, first.headers.get('range')], [202, '0-9']);
  const wrong = await fetch(location, { method: 'PATCH', body: 'x', headers: { 'Content-Range': '20-20' } });
  assert.equal([wrong.status, await codeOf(wrong)], [416, 'RANGE_INVALID']);
  assert.is((await fetch(location)).headers.get('range'), '0-9');
  const done = await fetch(`${location}?digest=${digest('chunk one chunk two')}`, { method: 'PUT', body: 'chunk two' });
  assert.is(done.status, 201);
  assert.is((await fetch(location)).status, 404);
  const mounted = await at(`two/blobs/uploads/?mount=${whole}&from=one`, { method: 'POST' });
  assert.is(mounted.status, 201);
  assert.is((await at(`two/blobs/${whole}`, { method: 'HEAD' })).headers.get('content-length'), '5');
  assert.is((await at(`three/blobs/${whole}`)).status, 404, 'a repository gives only what it was given');
  assert.is((await at(`three/blobs/uploads/?mount=${digest('nothing')}&from=one`, { method: 'POST' })).status, 202);
});

test('gives parts of a blob', async () => {
  const blob = await push('one', '0123456789');
  const part = async (range: string) => {
    const response = await at(`one/blobs/${blob}`, { headers: { Range: range } });
    return [
      response.status,
      response.headers.get('content-range'),
      response.status === 416 ? await codeOf(response) : await response.text(),
    ];
  };
  assert.equal(await part('bytes=3-'), [206, 'bytes 3-9/10', '3456789']);
  assert.equal(await part('bytes=3-4'), [206, 'bytes 3-4/10', '34']);
  assert.equal(await part('bytes=-2'), [206, 'bytes 8-9/10', '89']);
  assert.equal(await part('bytes=10-'), [416, 'bytes */10', 'RANGE_INVALID']);
  assert.equal(await part('nonsense'), [200, null, '0123456789']);
});

test('checks manifests: digest, JSON, media type, and that everything is there', async () => {
  const config = await push('m', '{}');
  const put = (reference: string, body: string, type = OCI_MANIFEST) =>
    at(`m/manifests/${reference}`, { method: 'PUT', body, headers: { 'Content-Type': type } });
  const good = JSON.stringify({ schemaVersion: 2, mediaType: OCI_MANIFEST, config: { digest: config }, layers: [] });
  const answer = await put('v1', good);
  assert.equal([answer.status, answer.headers.get('docker-content-digest')], [201, digest(good)]);
  assert.is((await put(digest(good), good)).status, 201);
  const refused: [string, string, string, string?][] = [
    [digest('x'), good, 'DIGEST_INVALID'],
    ['v1', 'nope', 'MANIFEST_INVALID'],
    ['v1', '[]', 'MANIFEST_INVALID'],
    ['v1', good, 'MANIFEST_INVALID', 'text/plain'],
    ['v1', JSON.stringify({ config: { digest: digest('absent') } }), 'MANIFEST_BLOB_UNKNOWN'],
    ['v1', JSON.stringify({ manifests: [{ digest: digest('absent') }] }), 'MANIFEST_BLOB_UNKNOWN'],
    ['v1', JSON.stringify({ layers: [{ digest: '../../etc/passwd' }] }), 'MANIFEST_INVALID'],
    ['bad tag', good, 'TAG_INVALID'],
  ];
  for (const [reference, body, code, type] of refused)
    assert.is(await codeOf(await put(encodeURIComponent(reference), body, type)), code, body);
  assert.is(await codeOf(await put('v1', ' '.repeat(5 * 2 ** 20))), 'SIZE_INVALID');
  const head = await at('m/manifests/v1', { method: 'HEAD' });
  assert.equal(
    [head.status, head.headers.get('content-type'), head.headers.get('content-length')],
    [200, OCI_MANIFEST, String(good.length)],
  );
});

test('lists tags and repositories page by page', async () => {
  const config = await push('paged/x', '{}');
  for (const tag of ['c', 'a', 'b'])
    await at(`paged/x/manifests/${tag}`, {
      method: 'PUT',
      body: JSON.stringify({ config: { digest: config }, tag }),
      headers: { 'Content-Type': OCI_MANIFEST },
    });
  const first = await at('paged/x/tags/list?n=2');
  assert.equal(await first.json(), { name: 'paged/x', tags: ['a', 'b'] });
  assert.is(first.headers.get('link'), '</v2/paged/x/tags/list?n=2&last=b>; rel="next"');
  assert.equal(await (await at('paged/x/tags/list?n=2&last=b')).json(), { name: 'paged/x', tags: ['c'] });
  const { repositories } = (await (await at('_catalog')).json()) as { repositories: string[] };
  assert.ok(repositories.includes('paged/x') && repositories.every((name) => !name.includes('_')));
  assert.is(await codeOf(await at('nobody/tags/list')), 'NAME_UNKNOWN');
});

test('refuses bad names, digests, sizes and methods, and keeps nothing of them', async () => {
  const begun = registry.url + (await at('one/blobs/uploads/', { method: 'POST' })).headers.get('location')!;
  const cases: [path: string, init: RequestInit, status: number, code: string][] = [
    ['UPPER/blobs/uploads/', { method: 'POST' }, 400, 'NAME_INVALID'],
    ['%ff/tags/list', {}, 400, 'NAME_INVALID'],
    ['a/..%2f..%2fb/tags/list', {}, 400, 'NAME_INVALID'],
    ['one/blobs/sha256:..%2f..%2fx', {}, 404, 'NAME_UNKNOWN'],
    ['one/blobs/sha256:abc', {}, 400, 'DIGEST_INVALID'],
    [`one/blobs/uploads/?digest=md5:1`, { method: 'POST', body: 'x' }, 400, 'DIGEST_INVALID'],
    [`one/blobs/uploads/?digest=${digest('y')}`, { method: 'POST', body: 'x' }, 400, 'DIGEST_INVALID'],
    ['one/blobs/uploads/..%2fx', { method: 'PATCH', body: 'x' }, 404, 'NAME_UNKNOWN'],
    ['one/blobs/uploads/none', { method: 'PATCH', body: 'x' }, 404, 'BLOB_UPLOAD_UNKNOWN'],
    ['one/manifests/..', {}, 404, 'NAME_UNKNOWN'],
    ['one/manifests/%2e%2e%2fx', {}, 404, 'NAME_UNKNOWN'],
    ['one/nothing', {}, 404, 'NAME_UNKNOWN'],
    ['_catalog', { method: 'POST' }, 405, 'UNSUPPORTED'],
  ];
  for (const [path, init, status, code] of cases) {
    const response = await at(path, init);
    assert.equal([path, response.status, await codeOf(response)], [path, status, code]);
  }
  const tooLarge = await fetch(begun, { method: 'PATCH', body: Buffer.alloc(1_000_001) }).catch(() => undefined);
  if (tooLarge) assert.is(await codeOf(tooLarge), 'SIZE_INVALID');
  const other = await at(`two/blobs/uploads/${begun.split('/').at(-1)}`, { method: 'PATCH', body: 'x' });
  assert.is(await codeOf(other), 'BLOB_UPLOAD_UNKNOWN', 'an upload belongs to its repository');
  assert.equal(
    readdirSync(join(root, 'uploads')).filter((file) => file.startsWith(begun.split('/').at(-1)!)),
    [],
  );
});

test('survives bytes that are no HTTP and a client that goes away in the middle', async () => {
  await new Promise<void>((resolve) => {
    const socket = connect(registry.port, '127.0.0.1', () => socket.end('\0\xffnonsense\r\n\r\n'));
    socket.on('close', () => resolve()).resume();
  });
  const id = (await at('one/blobs/uploads/', { method: 'POST' })).headers.get('location')!;
  await new Promise<void>((resolve) => {
    const socket = connect(registry.port, '127.0.0.1', () =>
      socket.write(`PATCH ${id} HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nabc`, () =>
        setTimeout(() => socket.destroy(), 20),
      ),
    );
    socket.on('close', () => resolve());
  });
  assert.is((await at('')).status, 200);
  await until('the cut is noticed', async () => {
    const answer = await fetch(registry.url + id, { method: 'DELETE' });
    return answer.status === 204;
  });
});

test('takes nothing when it may only be read', async () => {
  const closed = await startRegistry({ root: join(work, 'closed'), port: 0, readOnly: true });
  const response = await fetch(`${closed.url}/v2/a/blobs/uploads/`, { method: 'POST' });
  assert.equal([response.status, await codeOf(response)], [405, 'UNSUPPORTED']);
  await closed.close();
});

test.run();
