/** What a client of BuildKit asks for and the daemon does not do is refused by its name, and the rest is taken. */
import * as assert from 'uvu/assert';
import { annotationsIn } from '../../server/docker/build/buildkit/annotations.ts';
import { cacheImportsOf, nameOf } from '../../server/docker/build/buildkit/cache.ts';
import { refuseAttestations, refuseExports } from '../../server/docker/build/buildkit/refused.ts';
import { suite } from '../harness.ts';

const test = suite('options of a BuildKit client that are refused');

const exporting = (
  type: string,
  attributes: Record<string, string>,
  cacheExports: { type: string; attributes: Record<string, string> }[] = [],
) => ({
  exporters: [{ type, attributes }],
  cacheExports,
});

for (const [what, asked, message] of [
  [
    'another cache',
    exporting('moby', {}, [{ type: 'gha', attributes: {} }]),
    /--cache-to type=gha: .* registry, local/,
  ],
  ['a mode of a cache', exporting('moby', {}, [{ type: 'local', attributes: { mode: 'x' } }]), /export mode: x/],
  ['a cache nowhere', exporting('moby', {}, [{ type: 'registry', attributes: {} }]), /it has no ref/],
  ['a compressed archive of an image', exporting('oci', { compression: 'gzip' }), /compression=gzip of a build/],
  ['an annotation of an index', exporting('oci', { 'annotation-index.a': 'b' }), /index annotations not supported/],
  ['an unknown output', exporting('other', {}), /--output type=other/],
  ['an annotation', exporting('moby', { 'annotation.a': 'b' }), /--annotation .* use --label/],
  ['another annotation', exporting('moby', { 'annotation-index.a': 'b' }), /--annotation/],
  ['a compression', exporting('moby', { compression: 'zstd' }), /compression=zstd of a build/],
  ['equal times', exporting('moby', { 'rewrite-timestamp': 'true' }), /rewrite-timestamp=true/],
] as const)
  test(`${what} is refused in words that name it`, () => {
    assert.throws(() => refuseExports(asked), message);
  });

test('a cache in the image is taken', () => {
  assert.not.throws(() => refuseExports(exporting('moby', {}, [{ type: 'inline', attributes: {} }])));
});

test('annotations of an archive are those of its manifest and of the entry in its index', () => {
  const of = {
    'annotation.a': '1',
    'annotation-manifest.b.c': '2',
    'annotation-manifest-descriptor.d': '3',
    'annotation-manifest[linux/s390x].e': '4',
    'annotation.__proto__': '5',
    name: 'x',
  };
  const { annotations, descriptor } = annotationsIn(of);
  assert.equal(Object.entries(annotations), [
    ['a', '1'],
    ['b.c', '2'],
    ['__proto__', '5'],
  ]);
  assert.equal(Object.entries(descriptor), [['d', '3']]);
  assert.throws(() => annotationsIn({ 'annotation-other.a': '1' }), /invalid annotation/);
});

test('a second exporter is refused, and an image that the client pushes itself is taken', () => {
  const one = exporting('moby', { name: 'a', push: 'true', 'rewrite-timestamp': 'false' });
  assert.not.throws(() => refuseExports(one));
  const two = { ...one, exporters: [...one.exporters, ...one.exporters] };
  assert.throws(() => refuseExports(two), /a second --output of a build/);
});

test('provenance is taken as clients ask for it by themselves, and all else that attests is refused', () => {
  for (const value of ['mode=min,inline-only=true', '', 'disabled=true', 'mode=max,disabled=true'])
    assert.not.throws(() => refuseAttestations({ 'attest:provenance': value, target: 'x' }), value);
  assert.throws(() => refuseAttestations({ 'attest:provenance': 'mode=max' }), /--provenance=mode=max of a build/);
  assert.throws(() => refuseAttestations({ 'attest:sbom': '' }), /an attestation of the type sbom .* leave --sbom/);
});

test('the caches of other builders are found in both forms', () => {
  const imports = JSON.stringify([{ Type: 'registry', Attrs: { ref: 'r:1' } }, { Type: 'gha' }, null]);
  const found = cacheImportsOf({ 'cache-imports': imports, 'cache-from': 'a,b' }).map(nameOf);
  assert.equal(found, ['a', 'b', 'r:1', 'type=gha', 'type=undefined']);
  assert.equal(cacheImportsOf({}), []);
  assert.throws(() => cacheImportsOf({ 'cache-imports': '{' }), /cache-imports of a build is no JSON/);
});

test.run();
