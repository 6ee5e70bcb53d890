/** The documents of a cache outside of the daemon: what was written is found, and a stranger's bytes do no harm. */
import * as assert from 'uvu/assert';
import {
  CACHE_CONFIG,
  checkSize,
  configOf,
  findIn,
  manifestOf,
  readConfig,
  readManifest,
  type CacheRecord,
} from '../../runtime/build/remote-cache/format.ts';
import { suite } from '../harness.ts';

const test = suite('the documents of a cache outside of the daemon');

const digest = (letter: string) => `sha256:${letter.repeat(64)}`;
const layer = (letter: string): CacheRecord['layer'] => ({
  digest: digest(letter),
  diffID: digest(letter.toLowerCase()),
  size: 10,
  mediaType: 'application/vnd.oci.image.layer.v1.tar',
});
const record = (key: string, of?: CacheRecord['layer']): CacheRecord => ({
  key: key.repeat(64),
  created: '2026-01-02T03:04:05.678Z',
  ...(of && { layer: of }),
});
const [A, B, C] = [record('1', layer('a')), record('2'), record('3', layer('b'))];
const config = (value: object) => readConfig(Buffer.from(JSON.stringify(value)), [layer('a')!]);

test('what was written is found again, on the same base and by the same keys alone', () => {
  const { bytes, layers } = configOf([
    { base: 'base', records: [A, B, C] },
    { base: 'base', records: [A, C] },
    { base: '', records: [C] },
  ]);
  assert.is(layers.length, 2);
  for (const isManifest of [true, false]) {
    const manifest = manifestOf({ digest: digest('c'), size: bytes.length }, layers, isManifest);
    const read = readManifest(manifest.bytes)!;
    assert.equal(read.config, { digest: digest('c'), size: bytes.length, mediaType: CACHE_CONFIG });
    const records = readConfig(bytes, read.layers);
    const find = (base: string, ...all: CacheRecord[]) =>
      findIn(
        records,
        base,
        all.map(({ key }) => key),
      );
    assert.equal(find('base', A), A);
    assert.equal(find('base', A, B), B);
    assert.equal(find('base', A, B, C), C);
    assert.equal(find('base', A, C), C);
    assert.equal(find('', C), C);
    for (const wrong of [find('other', A), find('base', B), find('base', C), find('', A), find('base')])
      assert.is(wrong, undefined);
  }
});

test('a manifest of an image is none of a cache', () => {
  const image = { schemaVersion: 2, config: { mediaType: 'x', digest: digest('a'), size: 1 }, layers: [] };
  assert.is(readManifest(Buffer.from(JSON.stringify(image))), undefined);
  assert.is(readManifest(Buffer.from('{"manifests":[]}')), undefined);
  assert.is(readManifest(Buffer.from('{}')), undefined);
});

test('links that lead nowhere, in a circle or below the first, and layers that are not there, give no result', () => {
  const key = '1'.repeat(64);
  const at = { digest: digest('1'), created: '2026-01-02T03:04:05Z' };
  for (const inputs of [
    [[{ link: 0 }]],
    [[{ link: 99 }]],
    [[{ link: -1 }]],
    [[{ link: 'a' }]],
    [[]],
    [],
    [5],
    'x',
  ] as const)
    try {
      assert.is(findIn(config({ records: [{ ...at, inputs }] }), '', [key, key, key]), undefined);
    } catch (error) {
      assert.match((error as Error).message, 'inputs is not a list');
    }
  const { bytes } = configOf([{ base: '', records: [A] }]);
  const whole = JSON.parse(bytes.toString()) as { layers: object[]; records: object[] };
  assert.ok(findIn(config(whole), '', [key]));
  assert.is(findIn(config({ ...whole, layers: [] }), '', [key]), undefined);
  assert.is(findIn(readConfig(bytes, []), '', [key]), undefined, 'the manifest does not have the layer');
  const changed = (change: object) => ({ ...whole, records: [whole.records[0], { ...whole.records[1], ...change }] });
  assert.is(findIn(config(changed({ created: 'yesterday' })), '', [key]), undefined);
  assert.is(findIn(config(changed({ layers: [{ layer: 7 }] })), '', [key]), undefined);
});

test('documents that are too large or no documents are refused in words', () => {
  assert.throws(() => readManifest(Buffer.from('[')), /is not JSON/);
  assert.throws(() => readManifest(Buffer.from('{"manifests":[{"digest":"sha256:x","size":1}]}')), /digest/);
  const manifest = manifestOf({ digest: digest('c'), size: 2 ** 30 }, [], true);
  assert.throws(() => checkSize(readManifest(manifest.bytes)!), /has 1073741824 bytes; at most/);
  assert.throws(() => config({ records: Array.from({ length: 20_001 }, () => ({})) }), /a list of at most 20000/);
  assert.throws(() => config({ records: [5] }), /record 0 of the cache is not an object/);
});

test.run();
