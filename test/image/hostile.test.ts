import { existsSync, lstatSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { readConfig } from '../../runtime/image/manifest/config.ts';
import { readDocument } from '../../runtime/image/manifest/manifest.ts';
import { OCI_MANIFEST } from '../../runtime/image/manifest/media-types.ts';
import { parsePlatform } from '../../runtime/image/manifest/platform.ts';
import { normalize } from '../../runtime/image/manifest/reference.ts';
import { readError, translate } from '../../runtime/image/registry/registry-error.ts';
import { unpackLayer } from '../../runtime/image/layer/unpack.ts';
import { parseOptions } from '../../runtime/kernel/mount/options.ts';
import { checkShape } from '../../runtime/request/request-shape.ts';
import { parseProfile } from '../../runtime/oci/seccomp/profile.ts';
import { suite } from '../harness.ts';
import { Served } from '../server/serve.ts';
import { archive, digestOf, pax } from './tarball.ts';

const test = suite('names that JavaScript knows, and depth without end', 'root');
const work = mkdtempSync('/dev/shm/drydock-hostile-');
test.after(() => rmSync(work, { recursive: true, force: true }));

const NAMES = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', '__defineGetter__', 'valueOf'];
const nested = (levels: number) => `${'['.repeat(levels)}${']'.repeat(levels)}`;
const failure = (work: () => unknown): Error => {
  try {
    return new Error(`it did not fail: ${JSON.stringify(work())}`);
  } catch (error) {
    return error as Error;
  }
};

test('a layer with such keys in its pax headers is read like any other', async () => {
  const tar = archive(
    pax(NAMES.map((name): [string, string] => [name, '1'])),
    { name: 'a' },
    pax([['__proto__', '1']], 'g'),
    ...NAMES.map((name) => ({ name })),
  );
  const blob = join(work, 'blob');
  writeFileSync(blob, tar);
  await unpackLayer({ blob, dir: join(work, 'layer'), diffID: digestOf(tar) });
  for (const name of ['a', ...NAMES]) assert.ok(lstatSync(join(work, 'layer/diff', name)).isFile(), name);
  assert.is(({} as Record<string, unknown>)['1'], undefined);
});

test('a registry that answers with such a code is told as it is', () => {
  for (const name of NAMES) {
    const error = readError(400, JSON.stringify({ errors: [{ code: name }] }), false);
    const told = translate(normalize('reg.example/a'), error) as Error & { status: number };
    const code = name.toLowerCase().replaceAll('_', ' ');
    assert.equal([told.message, told.status], [`reg.example/a:latest: ${code}: ${code}`, 500]);
  }
});

test('labels and volumes of such names stay what they are', () => {
  const config = `{"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":[]},
    "config":{"Labels":{"__proto__":"a","constructor":"b"},"Volumes":{"__proto__":{}}}}`;
  const read = readConfig(Buffer.from(config));
  assert.is(JSON.stringify(read.config), '{"Volumes":{"__proto__":{}},"Labels":{"__proto__":"a","constructor":"b"}}');
});

test('what is not there is not found in what every object has', () => {
  assert.match(
    failure(() => readConfig(Buffer.from('{"__proto__":{"rootfs":{"type":"layers"},"os":"linux"}}'))).message,
    /rootfs/,
  );
  for (const name of NAMES) {
    assert.match(failure(() => parsePlatform(name)).message, /unknown operating system or architecture/);
    assert.is(parsePlatform(`linux/${name}`).architecture, name.toLowerCase());
    // A field that is not in the API is ignored, whatever its name.
    checkShape({ HostConfig: {}, ...JSON.parse(`{"${name}":1}`) });
    assert.equal(parseOptions(['ro', name]), { ...parseOptions(['ro']), data: name }, name);
  }
});

test('JSON that nests without end is refused with its reason', () => {
  const deep = nested(100_000);
  const why = /it nests more than 500 levels deep/;
  assert.match(failure(() => readDocument(Buffer.from(`{"schemaVersion":2,"x":${deep}}`), OCI_MANIFEST)).message, why);
  assert.match(failure(() => readConfig(Buffer.from(`{"config":{"Healthcheck":${deep}}}`))).message, why);
  assert.match(failure(() => parseProfile(`{"syscalls":${deep}}`)).message, why);
  assert.is(readError(500, `{"errors":${deep}}`, false).message, 'status 500: status 500');
  // Brackets inside strings do not count as nesting.
  const flat = JSON.stringify({
    architecture: 'amd64',
    os: 'linux',
    rootfs: { type: 'layers' },
    config: { Cmd: ['['.repeat(2000), `\\"${'{'.repeat(2000)}`] },
  });
  assert.is(readConfig(Buffer.from(flat)).config?.Cmd?.length, 2);
  assert.not.ok(existsSync(join(work, 'none')));
});

test('a request body that nests without end, or has such fields, is answered and not a failure of the daemon', async () => {
  const s = new Served();
  try {
    for (const body of [
      `{"Image":"ubuntu","Labels":${nested(10_000)}}`,
      `{"Image":"ubuntu","X":${nested(10_000)}}`,
      nested(10_000),
    ]) {
      const { status, json } = await s.http('POST', '/containers/create', body, { 'Content-Type': 'application/json' });
      assert.equal([status, json()['message']], [400, 'invalid JSON: it nests more than 500 levels deep']);
    }
    const filters = await s.http('GET', `/images/json?filters=${encodeURIComponent(`{"label":${nested(600)}}`)}`);
    assert.is(filters.status, 400);
    for (const name of NAMES) {
      const { status, text } = await s.http('POST', '/containers/create', `{"Image":"ubuntu","${name}":{"a":1}}`, {
        'Content-Type': 'application/json',
      });
      assert.ok(status < 500 || status === 501, `${name}: ${text}`);
      assert.not.match(text, /native code|not a function/);
    }
  } finally {
    await s.close();
  }
});

test.run();
