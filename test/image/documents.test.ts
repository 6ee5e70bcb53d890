import * as assert from 'uvu/assert';
import { readConfig } from '../../runtime/image/manifest/config.ts';
import { chainIDs, hexOf, sha256, shortOf } from '../../runtime/image/manifest/digest.ts';
import { readDocument, type Index } from '../../runtime/image/manifest/manifest.ts';
import { OCI_CONFIG, OCI_INDEX, OCI_LAYER, OCI_MANIFEST } from '../../runtime/image/manifest/media-types.ts';
import { chooseManifest } from '../../runtime/image/manifest/choose.ts';
import { candidates, matches, parsePlatform } from '../../runtime/image/manifest/platform.ts';
import { suite } from '../harness.ts';

const test = suite('image documents');
const digest = `sha256:${'1'.repeat(64)}`;
const link = (mediaType: string, more: object = {}) => ({ mediaType, digest, size: 10, ...more });
const bytes = (value: unknown) => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value));
const manifest = {
  schemaVersion: 2,
  mediaType: OCI_MANIFEST,
  config: link(OCI_CONFIG),
  layers: [link(`${OCI_LAYER}+gzip`)],
};
const index = {
  schemaVersion: 2,
  mediaType: OCI_INDEX,
  manifests: [link(OCI_MANIFEST, { platform: { os: 'linux', architecture: 'amd64' } })],
};

test('reads OCI and Docker manifests and indexes', () => {
  assert.is(readDocument(bytes(manifest), OCI_MANIFEST).kind, 'manifest');
  assert.is(readDocument(bytes(index), OCI_INDEX).kind, 'index');
  assert.is(readDocument(bytes({ ...manifest, mediaType: undefined }), 'application/octet-stream').kind, 'manifest');
  assert.is(readDocument(bytes({ ...index, mediaType: undefined }), '').kind, 'index');
  const docker = {
    schemaVersion: 2,
    mediaType: 'application/vnd.docker.distribution.manifest.v2+json',
    config: link('application/vnd.docker.container.image.v1+json'),
    layers: [link('application/vnd.docker.image.rootfs.diff.tar.gzip')],
  };
  assert.is(
    readDocument(bytes(docker), 'application/vnd.docker.distribution.manifest.v2+json; charset=utf-8').kind,
    'manifest',
  );
});

const badManifests: [what: string, document: unknown, message: RegExp][] = [
  ['what is not JSON', '{', /not JSON/],
  ['a list', '[]', /not an object/],
  ['schema version 1', { schemaVersion: 1, fsLayers: [] }, /schema version 1/],
  ['no schema version', { ...manifest, schemaVersion: undefined }, /schemaVersion/],
  ['both kinds at once', { ...manifest, manifests: [] }, /both an index and a manifest/],
  ['another media type than the registry says', { ...manifest, mediaType: OCI_INDEX }, /calls itself/],
  [
    'a config that is no image',
    { ...manifest, config: link('application/vnd.cncf.helm.config.v1+json') },
    /no part of a container image/,
  ],
  ['a layer that is no tar', { ...manifest, layers: [link('text/plain')] }, /layer 0 has the media type "text\/plain"/],
  ['a negative size', { ...manifest, layers: [{ ...link(OCI_LAYER), size: -1 }] }, /size is not a number/],
  ['a size that is text', { ...manifest, layers: [{ ...link(OCI_LAYER), size: '10' }] }, /size is not a number/],
  ['a huge config', { ...manifest, config: { ...link(OCI_CONFIG), size: 2 ** 40 } }, /size is not a number/],
  [
    'a digest with a path',
    { ...manifest, layers: [{ ...link(OCI_LAYER), digest: 'sha256:../../etc/passwd' }] },
    /digest/,
  ],
  ['sha512', { ...manifest, layers: [{ ...link(OCI_LAYER), digest: `sha512:${'1'.repeat(128)}` }] }, /digest/],
  ['too many layers', { ...manifest, layers: Array(600).fill(link(OCI_LAYER)) }, /at most 499/],
  ['layers that are none', { ...manifest, layers: {} }, /layers is not a list/],
];
for (const [what, document, message] of badManifests) {
  test(`refuses a manifest with ${what}`, () =>
    assert.throws(() => readDocument(bytes(document), OCI_MANIFEST), message));
}

const config = {
  architecture: 'amd64',
  os: 'linux',
  rootfs: { type: 'layers', diff_ids: [digest] },
  config: { Env: ['A=b'], Cmd: null, Labels: { a: 'b' }, Volumes: { '/x': {} } },
  extra: 1,
};

test('reads a config and leaves out what is null or unknown', () => {
  const read = readConfig(bytes(config));
  assert.equal(read, {
    architecture: 'amd64',
    os: 'linux',
    rootfs: { type: 'layers', diff_ids: [digest] },
    config: { Env: ['A=b'], Labels: { a: 'b' }, Volumes: { '/x': {} } },
  });
});
const badConfigs: [what: string, document: unknown, message: RegExp][] = [
  ['Windows', { ...config, os: 'windows' }, /image operating system "windows" cannot be used/],
  ['Env that is text', { ...config, config: { Env: 'A=b' } }, /Env is not a list/],
  ['Cmd of numbers', { ...config, config: { Cmd: [1] } }, /Cmd is not a list of strings/],
  ['a diffID that is none', { ...config, rootfs: { type: 'layers', diff_ids: ['../x'] } }, /diff_ids/],
  ['another rootfs', { ...config, rootfs: { type: 'zip', diff_ids: [] } }, /type is not "layers"/],
  ['labels that are no strings', { ...config, config: { Labels: { a: {} } } }, /Labels is not a map of strings/],
];
for (const [what, document, message] of badConfigs)
  test(`refuses a config with ${what}`, () => assert.throws(() => readConfig(bytes(document)), message));

const offered = (...platforms: string[]): Index => ({
  kind: 'index',
  mediaType: OCI_INDEX,
  manifests: platforms.map((text, j) => {
    const [os = '', architecture = '', variant] = text.split('/');
    return {
      mediaType: OCI_MANIFEST,
      digest: `sha256:${String(j).repeat(64)}`,
      size: 1,
      platform: { os, architecture, ...(variant && { variant }) },
    };
  }),
});
const choices: [wanted: string, offered: string[], index: number][] = [
  ['linux/amd64', ['windows/amd64', 'linux/arm64', 'linux/amd64'], 2],
  ['linux/amd64', ['linux/amd64/v3', 'linux/amd64'], 1],
  ['linux/arm64', ['linux/arm/v7', 'linux/arm64/v8'], 1],
  ['linux/arm64/v8', ['linux/arm64'], 0],
  ['linux/arm/v7', ['linux/arm/v5', 'linux/arm/v6', 'linux/arm64'], 1],
  ['linux/x86_64', ['unknown/unknown', 'linux/amd64'], 1],
  ['arm64', ['linux/amd64', 'linux/arm64/v8'], 1],
  ['linux/amd64/v3', ['linux/arm64', 'linux/amd64'], 1],
  ['linux/amd64/v3', ['linux/amd64', 'linux/amd64/v2', 'linux/amd64/v4'], 1],
  ['linux/amd64', ['linux/386', 'linux/arm64'], 0],
  ['linux/amd64', ['linux/constructor', 'linux/amd64'], 1],
];
for (const [wanted, list, expected] of choices) {
  test(`chooses for ${wanted} from ${list.join(', ')}`, () =>
    assert.is(candidates(offered(...list), parsePlatform(wanted))[0]?.digest, `sha256:${String(expected).repeat(64)}`));
}
const shelf = {
  document: () => Promise.reject(new Error('none was to be asked for')),
  platform: () => Promise.reject(new Error('none was to be asked for')),
};
test("says in docker's words that no platform fits", async () => {
  const message = (list: string, wanted: string) =>
    chooseManifest(offered(list), parsePlatform(wanted), shelf).then(
      () => '',
      (error: unknown) => (error as Error).message,
    );
  assert.is(
    await message('linux/amd64', 'linux/arm64'),
    'no matching manifest for linux/arm64 in the manifest list entries',
  );
  assert.is(
    await message('linux/arm/v7', 'linux/arm/v6'),
    'no matching manifest for linux/arm/v6 in the manifest list entries',
  );
});
const noPlatforms: [text: string, message: RegExp][] = [
  ['foobar', /^"foobar": unknown operating system or architecture: invalid argument$/],
  ['constructor', /unknown operating system or architecture/],
  ['linux/arm64/v8/x', /^"linux\/arm64\/v8\/x": cannot parse platform specifier: invalid argument$/],
  ['linux/', /^"" is an invalid component of "linux\/"/],
  ['a b', /^"a b" is an invalid component of "a b"/],
  ['', /^"" is an invalid component of ""/],
  ['linux/*', /^"linux\/\*": wildcards not yet supported/],
];
for (const [text, message] of noPlatforms)
  test(`refuses the platform ${JSON.stringify(text)} in dockerd's words`, () =>
    assert.throws(() => parsePlatform(text), message));

test('a config without a variant is of each variant, one with a variant of those that run it', () => {
  const of = (wanted: string, architecture: string, variant?: string) =>
    matches(parsePlatform(wanted), { os: 'linux', architecture, ...(variant && { variant }) });
  assert.equal(
    [
      of('linux/amd64/v3', 'amd64'),
      of('linux/amd64/v3', 'amd64', 'v2'),
      of('linux/amd64/v2', 'amd64', 'v3'),
      of('linux/amd64/v3', 'arm64'),
    ],
    [true, true, false, false],
  );
  assert.equal(
    [
      of('linux/arm/v6', 'arm'),
      of('linux/arm/v6', 'arm', 'v7'),
      of('linux/arm64', 'arm64', 'v8'),
      of('linux/amd64', '386'),
    ],
    [true, false, true, true],
  );
});

test('computes chainIDs as the specification does', () => {
  const [a, b] = [`sha256:${'a'.repeat(64)}`, `sha256:${'b'.repeat(64)}`];
  assert.equal(chainIDs([a, b]), [a, sha256(`${a} ${b}`)]);
  assert.equal(chainIDs([]), []);
  assert.is(shortOf(a), 'a'.repeat(12));
  assert.throws(() => hexOf('sha256:zz'), /invalid digest/);
});

test.run();
