/** Input from registries: references, manifests, configs, challenges. */
import fc from 'fast-check';
import { readChallenges } from '../../runtime/image/registry/challenge.ts';
import { readConfig } from '../../runtime/image/manifest/config.ts';
import { readDocument } from '../../runtime/image/manifest/manifest.ts';
import { OCI_CONFIG, OCI_INDEX, OCI_LAYER, OCI_MANIFEST } from '../../runtime/image/manifest/media-types.ts';
import { candidates, hostPlatform, parsePlatform } from '../../runtime/image/manifest/platform.ts';
import { canonicalName, familiarName, normalize, parseReference } from '../../runtime/image/manifest/reference.ts';
import { ApiError } from '../../runtime/errors/api-error.ts';
import { damaged, jsonOf, only, target } from './target.ts';

const digest = `sha256:${'1'.repeat(64)}`;
const piece = fc.constantFrom(
  'a',
  'ubuntu',
  'library',
  'docker.io',
  'index.docker.io',
  'localhost',
  '127.0.0.1',
  '[::1]',
  ':',
  ':5000',
  '/',
  '@',
  digest,
  'sha256:',
  '.',
  '-',
  '_',
  '__',
  '--',
  'A',
  'latest',
  'é',
  '\0',
  '%2e',
  '..',
  'x'.repeat(130),
);
const name = fc.oneof(
  { weight: 4, arbitrary: fc.array(piece, { maxLength: 9 }).map((parts) => parts.join('')) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 40 }) },
);

const reference = target('reference grammar', name, (text) => {
  const ref = only([ApiError], () => parseReference(text));
  if (!ref) return;
  // Parsing, printing (long or short form) and parsing again gives the same value.
  for (const write of [canonicalName, familiarName])
    if (JSON.stringify(parseReference(write(ref))) !== JSON.stringify(ref))
      throw new Error(`${write(ref)} is read as ${JSON.stringify(parseReference(write(ref)))}`);
  const whole = normalize(text);
  if (!whole.tag === !whole.digest) throw new Error('a pull needs either tag or digest');
  if (
    whole.path.split('/').some((p) => !p || p === '.' || p === '..') ||
    /[^\x21-\x7e]/.test(canonicalName(whole)) ||
    whole.tag === '..'
  )
    throw new Error(`${canonicalName(whole)} is no path to ask a registry for`);
});

const keys = [
  'schemaVersion',
  'mediaType',
  'config',
  'layers',
  'manifests',
  'digest',
  'size',
  'platform',
  'os',
  'architecture',
  'variant',
  'rootfs',
  'type',
  'diff_ids',
  'history',
  'created_by',
  'empty_layer',
  'Env',
  'Cmd',
  'Labels',
  'Volumes',
  'Entrypoint',
  'User',
  'fsLayers',
];
const leaves = [
  fc.constantFrom(
    digest,
    OCI_MANIFEST,
    OCI_INDEX,
    OCI_CONFIG,
    OCI_LAYER,
    `${OCI_LAYER}+gzip`,
    'linux',
    'amd64',
    'layers',
    1,
    2,
    10,
    `sha256:../${'1'.repeat(61)}`,
  ),
];
const tree = jsonOf(keys, leaves);
const link = (mediaType: string) => ({ mediaType, digest, size: 10 });
const manifests = [
  {
    schemaVersion: 2,
    mediaType: OCI_MANIFEST,
    config: link(OCI_CONFIG),
    layers: [link(OCI_LAYER), link(`${OCI_LAYER}+gzip`)],
  },
  {
    schemaVersion: 2,
    mediaType: OCI_INDEX,
    manifests: [{ ...link(OCI_MANIFEST), platform: { os: 'linux', architecture: 'amd64', variant: 'v2' } }],
  },
];
const config = {
  architecture: 'amd64',
  os: 'linux',
  rootfs: { type: 'layers', diff_ids: [digest] },
  config: { Env: ['A=b'], Cmd: ['sh'], Labels: { a: 'b' }, Volumes: { '/x': {} } },
  history: [{ created_by: 'x', empty_layer: true }],
};
const bytes = (documents: fc.Arbitrary<unknown>) =>
  fc.oneof(
    { weight: 20, arbitrary: documents.map((d) => Buffer.from(JSON.stringify(d) ?? 'null')) },
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 60 }).map((b) => Buffer.from(b)) },
  );
const isDigest = (text: unknown) => typeof text === 'string' && /^sha256:[0-9a-f]{64}$/.test(text);

const manifest = target(
  'manifest reader',
  fc.tuple(
    bytes(fc.oneof({ weight: 3, arbitrary: damaged(manifests, tree) }, { weight: 1, arbitrary: tree })),
    fc.constantFrom('', OCI_MANIFEST, OCI_INDEX, 'application/json', `${OCI_MANIFEST}; charset=utf-8`),
  ),
  ([document, type]) => {
    const read = only([ApiError], () => readDocument(document, type));
    if (!read) return;
    const named = read.kind === 'index' ? read.manifests : [read.config, ...read.layers];
    if (!named.every((d) => isDigest(d.digest) && Number.isSafeInteger(d.size) && d.size >= 0))
      throw new Error('a descriptor that is none was let through');
    if (read.kind === 'index') only([ApiError], () => candidates(read, hostPlatform()));
  },
);

const texts = (value: unknown) =>
  value === undefined || (Array.isArray(value) && value.every((v) => typeof v === 'string'));
const imageConfig = target(
  'image config reader',
  bytes(fc.oneof({ weight: 3, arbitrary: damaged([config], tree) }, { weight: 1, arbitrary: tree })),
  (document) => {
    const read = only([ApiError], () => readConfig(document));
    if (!read) return;
    const { Env, Cmd, Entrypoint, Labels = {} } = read.config ?? {};
    if (
      !read.rootfs.diff_ids.every(isDigest) ||
      ![Env, Cmd, Entrypoint].every(texts) ||
      !Object.values(Labels).every((v) => typeof v === 'string')
    )
      throw new Error('a field of another type was let through');
  },
);

const word = fc.constantFrom(
  'Bearer',
  'Basic',
  ' ',
  ',',
  '=',
  '"',
  '\\',
  '\\"',
  'realm',
  'service',
  'scope',
  'error',
  '"https://a.b/token"',
  'https://a',
  '__proto__',
  '"insufficient_scope"',
  'é',
  '\t',
  '\0',
);
const challenges = target(
  'auth challenge parser',
  fc.oneof(
    { weight: 4, arbitrary: fc.array(word, { maxLength: 24 }).map((words) => words.join('')) },
    { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 60 }) },
  ),
  (text) => {
    const found = readChallenges(text);
    if (
      found.length > 8 ||
      !found.every(
        ({ scheme, params }) =>
          scheme === scheme.toLowerCase() && Object.values(params).every((v) => typeof v === 'string'),
      )
    )
      throw new Error('challenges that are none');
  },
);

const platform = target(
  'platform parser',
  fc.oneof(
    fc
      .array(fc.constantFrom('linux', 'amd64', 'arm', 'v7', '/', 'é', '', 'X', '..'), { maxLength: 7 })
      .map((p) => p.join('')),
    fc.string(),
  ),
  (text) => void only([ApiError], () => parsePlatform(text)),
);

export const documentTargets = [reference, manifest, imageConfig, challenges, platform];
