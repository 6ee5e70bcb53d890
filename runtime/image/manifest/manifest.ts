/**
 * The documents between a name and its layers: OCI image spec, "Image Index" and "Image Manifest", and Docker's older
 * equivalents.
 *
 *   index ── platform ──▶ manifest ──▶ config (diffIDs, command, environment)
 *                            └───────▶ layers, lowest first
 *
 * They come from a registry, so every field that is used is checked here.
 */
import { ApiError } from '../../errors/api-error.ts';
import { isDigest } from './digest.ts';
import { Checked } from '../../json/checked.ts';
import { configTypes, indexTypes, layerTypes, manifestTypes, schema1Types } from './media-types.ts';

/** The platform of an image, as an index states it: platform.ts. */
export interface Platform {
  os: string;
  architecture: string;
  variant?: string;
}
export interface Descriptor {
  mediaType: string;
  digest: string;
  /** in bytes */
  size: number;
  platform?: Platform;
}
export interface Index {
  kind: 'index';
  mediaType: string;
  manifests: Descriptor[];
}
export interface Manifest {
  kind: 'manifest';
  mediaType: string;
  config: Descriptor;
  layers: Descriptor[];
}

/**
 * The largest accepted sizes in bytes: for a manifest docker's own limit, for a config eight times the largest one
 * seen, for layers more than any disk.
 */
export const MAX_MANIFEST = 4 * 2 ** 20;
const MAX_CONFIG = 8 * 2 ** 20;
const MAX_LAYER = 256 * 2 ** 30;
const MAX_ENTRIES = 1000;
/** overlayfs takes 500 lower layers: fs/overlayfs/params.h */
const MAX_LAYERS = 499;

/** Undefined when it is empty: docker's own tools write `"platform": {"os": "", "architecture": ""}`. */
function readPlatform(from: Checked): Platform | undefined {
  const [os, architecture, variant] = ['os', 'architecture', 'variant'].map((key) => from.optional(key));
  return os && architecture ? { os, architecture, ...(variant && { variant }) } : undefined;
}

function readDescriptor(what: string, value: unknown, maxSize: number): Descriptor {
  const from = Checked.of(what, value);
  const digest = from.string('digest');
  if (!isDigest(digest)) throw from.wrong('digest', 'sha256 with 64 hex digits');
  const platform = from.has('platform') ? readPlatform(from.object('platform')) : undefined;
  return {
    mediaType: from.string('mediaType'),
    digest,
    size: from.integer('size', maxSize),
    ...(platform && { platform }),
  };
}

function known(what: string, descriptor: Descriptor, types: readonly string[]): Descriptor {
  if (types.includes(descriptor.mediaType)) return descriptor;
  throw new ApiError(
    500,
    `${what} has the media type ${JSON.stringify(descriptor.mediaType.slice(0, 100))}, which is no part of a container image`,
  );
}

const readIndex = (from: Checked, mediaType: string): Index => ({
  kind: 'index',
  mediaType,
  manifests: from
    .list('manifests', MAX_ENTRIES)
    .map((entry, j) => readDescriptor(`the index's entry ${j}`, entry, MAX_MANIFEST)),
});

const readManifest = (from: Checked, mediaType: string): Manifest => ({
  kind: 'manifest',
  mediaType,
  config: known('the config', readDescriptor("the manifest's config", from.raw('config'), MAX_CONFIG), configTypes),
  layers: from
    .list('layers', MAX_LAYERS)
    .map((layer, j) => known(`layer ${j}`, readDescriptor(`the manifest's layer ${j}`, layer, MAX_LAYER), layerTypes)),
});

/**
 * `contentType` is the registry's Content-Type. A document that could be read as both kinds is refused: OCI image spec,
 * security advisory CVE-2021-41190. Throws ApiError 500.
 */
export function readDocument(bytes: Buffer, contentType: string): Index | Manifest {
  const from = Checked.parse('the manifest', bytes);
  const given = contentType.replace(/;.*/, '').trim();
  if (schema1Types.includes(given) || from.raw('schemaVersion') === 1) {
    throw new ApiError(
      500,
      'the image has a manifest of schema version 1, which docker gave up in 2022; push it again with a newer client',
    );
  }
  if (from.raw('schemaVersion') !== 2) throw from.wrong('schemaVersion', '2');
  const own = from.optional('mediaType') || undefined;
  const isType = (type: string) => indexTypes.includes(type) || manifestTypes.includes(type);
  const mediaType = own ?? (isType(given) ? given : from.has('manifests') ? indexTypes[0]! : manifestTypes[0]!);
  if (!isType(mediaType))
    throw new ApiError(
      500,
      `the manifest has the media type ${JSON.stringify(mediaType.slice(0, 100))}, which is no container image`,
    );
  if (isType(given) && given !== mediaType)
    throw new ApiError(500, `the manifest calls itself ${mediaType}, but the registry calls it ${given}`);
  const isIndex = indexTypes.includes(mediaType);
  if (isIndex ? from.has('layers') || from.has('config') : from.has('manifests'))
    throw new ApiError(500, 'the manifest is both an index and a manifest');
  return isIndex ? readIndex(from, mediaType) : readManifest(from, mediaType);
}
