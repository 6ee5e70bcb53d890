/**
 * The cache of a build outside of the daemon, in BuildKit's format: docs/dev/remote-cache.md of moby/buildkit.
 *
 *   manifest   an OCI manifest with the config and the layers, or an index whose entries are these blobs
 *   config     application/vnd.buildkit.cacheconfig.v0
 *     layers   [{ blob, parent: LAYER | -1, annotations: { mediaType, diffID, size, createdAt } }]
 *     records  [{ digest, inputs: [[{ link: RECORD }]], layers: [{ layer: LAYER, createdAt }], created }]
 *
 * The digest of a record is the key of an instruction (cache-key.ts), its input the instruction below it. The lowest
 * records stand for base images. An instruction that changed no file has no layer; `created` is a field of our own,
 * which BuildKit skips. BuildKit can read this, and finds nothing, because its keys are others.
 */
import { ApiError } from '../../errors/api-error.ts';
import { Checked } from '../../json/checked.ts';
import { isDigest, sha256 } from '../../image/manifest/digest.ts';
import type { Descriptor } from '../../image/manifest/manifest.ts';
import { indexTypes, OCI_INDEX, OCI_MANIFEST } from '../../image/manifest/media-types.ts';

export const CACHE_CONFIG = 'application/vnd.buildkit.cacheconfig.v0';
/** In bytes, of a config that is read. */
export const CONFIG_MOST = 16 << 20;
const RECORDS_MOST = 20_000;
const LAYERS_MOST = 20_000;
const LAYER_MOST = 256 * 2 ** 30;
const CREATED = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z$/;
const UNCOMPRESSED = 'containerd.io/uncompressed';

/** What one instruction has made. */
export interface CacheRecord {
  key: string;
  /** RFC 3339 */
  created: string;
  layer?: Descriptor & { diffID: string };
}
/** The instructions of a stage, on their base image. */
export interface CacheChain {
  /** id of the image, '' for scratch */
  base: string;
  records: readonly CacheRecord[];
}

const baseDigest = (base: string): string => sha256(`the base image ${base}`);

interface WrittenRecord {
  digest: string;
  inputs?: { link: number }[][];
  layers?: { layer: number; createdAt: string }[];
  created?: string;
}

/** The config, and the layers that it names, each once. */
export function configOf(chains: readonly CacheChain[]): {
  bytes: Buffer;
  layers: (Descriptor & { diffID: string })[];
} {
  const records: WrittenRecord[] = [];
  const layers: object[] = [];
  const blobs = new Map<string, Descriptor & { diffID: string }>();
  const known = new Map<string, number>();
  const add = (name: string, make: () => WrittenRecord): number => {
    const at = known.get(name) ?? records.push(make()) - 1;
    known.set(name, at);
    return at;
  };
  for (const { base, records: made } of chains) {
    let below = add(`base ${base}`, () => ({ digest: baseDigest(base) }));
    let parent = -1;
    for (const { key, created, layer } of made) {
      const name = layer && `layer ${parent} ${layer.digest}`;
      if (layer && !known.has(name!)) {
        const { digest: blob, mediaType, diffID, size } = layer;
        const annotations = { mediaType, diffID, size, createdAt: created };
        known.set(name!, layers.push({ blob, parent, annotations }) - 1);
        blobs.set(blob, layer);
      }
      if (layer) parent = known.get(name!)!;
      const link = below;
      below = add(`record ${link} ${key}`, () => ({
        digest: `sha256:${key}`,
        inputs: [[{ link }]],
        ...(layer && { layers: [{ layer: parent, createdAt: created }] }),
        created,
      }));
    }
  }
  return { bytes: Buffer.from(JSON.stringify({ layers, records })), layers: [...blobs.values()] };
}

/** The manifest, or the index in the form of older versions. */
export function manifestOf(
  config: { digest: string; size: number },
  layers: readonly (Descriptor & { diffID: string })[],
  isManifest: boolean,
): { bytes: Buffer; mediaType: string } {
  const blobs = layers.map(({ mediaType, digest, size, diffID }) => ({
    mediaType,
    digest,
    size,
    annotations: { [UNCOMPRESSED]: diffID },
  }));
  const described = { mediaType: CACHE_CONFIG, ...config };
  const mediaType = isManifest ? OCI_MANIFEST : OCI_INDEX;
  const content = isManifest ? { config: described, layers: blobs } : { manifests: [...blobs, described] };
  return { bytes: Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType, ...content })), mediaType };
}

function descriptorOf(what: string, value: unknown): Descriptor {
  const from = Checked.of(what, value);
  const digest = from.string('digest');
  if (!isDigest(digest)) throw from.wrong('digest', 'a digest');
  return { digest, size: from.integer('size', LAYER_MOST), mediaType: from.optional('mediaType') ?? '' };
}

/** What a manifest says. Undefined when it is none of a cache. */
export interface ReadManifest {
  config: Descriptor;
  layers: Descriptor[];
}
/** Of another daemon or a stranger. Throws ApiError. */
export function readManifest(bytes: Buffer): ReadManifest | undefined {
  const from = Checked.parse('the manifest of the cache', bytes);
  if (indexTypes.includes(from.optional('mediaType') ?? '') || from.has('manifests')) {
    const all = from.list('manifests', LAYERS_MOST).map((one, j) => descriptorOf(`entry ${j} of the cache`, one));
    const config = all.find(({ mediaType }) => mediaType === CACHE_CONFIG);
    return config && { config, layers: all.filter((one) => one !== config) };
  }
  if (!from.has('config')) return undefined;
  const config = descriptorOf('the config of the cache', from.raw('config'));
  if (config.mediaType !== CACHE_CONFIG) return undefined;
  const layers = from.list('layers', LAYERS_MOST);
  return { config, layers: layers.map((one, j) => descriptorOf(`layer ${j} of the cache`, one)) };
}

/** By the number of the record below and the digest: `3 sha256:…`; a base has none below. */
export type ReadRecords = Map<string, { at: number; created: string; layer?: CacheRecord['layer'] }>;

/** Records that are not as above are left out: they are BuildKit's. Throws ApiError for what is no config. */
export function readConfig(bytes: Buffer, known: readonly Descriptor[]): ReadRecords {
  const from = Checked.parse('the config of the cache', bytes);
  const blobs = new Map(known.map((one) => [one.digest, one]));
  const layers = from.has('layers') ? from.list('layers', LAYERS_MOST).map((one) => layerOf(one, blobs)) : [];
  const read: ReadRecords = new Map();
  const records = from.has('records') ? from.list('records', RECORDS_MOST) : [];
  for (const [at, value] of records.entries()) {
    const record = Checked.of(`record ${at} of the cache`, value);
    const digest = record.optional('digest') ?? '';
    const created = record.optional('created') ?? '';
    const link = record.has('inputs') ? linkOf(record.list('inputs', RECORDS_MOST)[0]) : undefined;
    if (record.has('inputs') && (link === undefined || !CREATED.test(created))) continue;
    const number = record.has('layers') ? numberIn(record.list('layers', LAYERS_MOST)[0], 'layer') : undefined;
    const layer = number === undefined ? undefined : layers[number];
    if (record.has('layers') && !layer) continue;
    read.set(`${link ?? ''} ${digest}`, { at, created, ...(layer && { layer }) });
  }
  return read;
}

const numberIn = (value: unknown, key: string): number | undefined => {
  const number: unknown = typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined;
  return Number.isSafeInteger(number) && (number as number) >= 0 ? (number as number) : undefined;
};
/** A link may be left out by a writer when it is 0. */
const linkOf = (inputs: unknown): number | undefined =>
  Array.isArray(inputs) && inputs.length === 1 ? numberIn(inputs[0], 'link') : undefined;

function layerOf(value: unknown, blobs: ReadonlyMap<string, Descriptor>): CacheRecord['layer'] {
  const from = Checked.of('a layer of the cache', value);
  const blob = blobs.get(from.optional('blob') ?? '');
  if (!blob || !from.has('annotations')) return undefined;
  const diffID = from.object('annotations').optional('diffID') ?? '';
  return isDigest(diffID) ? { ...blob, diffID } : undefined;
}

/** What the last of these keys has made on the base, by way of all the others. */
export function findIn(records: ReadRecords, base: string, keys: readonly string[]): CacheRecord | undefined {
  let found = records.get(` ${baseDigest(base)}`);
  for (const key of keys) {
    if (!found) return undefined;
    found = records.get(`${found.at} sha256:${key}`);
  }
  const key = keys.at(-1);
  if (!found || key === undefined) return undefined;
  return { key, created: found.created, ...(found.layer && { layer: found.layer }) };
}

/** Throws ApiError for a size that no config has. */
export function checkSize({ config }: ReadManifest): void {
  if (config.size > CONFIG_MOST)
    throw new ApiError(500, `the config of the cache has ${config.size} bytes; at most ${CONFIG_MOST} are read`);
}
