/** `--cache-to` and `--cache-from` of a client of BuildKit: in a registry, and in directories that it opens. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import type { CacheSite, CacheSource, CacheTarget } from '../../../../runtime/build/remote-cache/site.ts';
import { ApiError, badParameter } from '../../../../runtime/errors/api-error.ts';
import type { LayerFile } from '../../../../runtime/image/layer/layer-file.ts';
import { isDigest, sha256 } from '../../../../runtime/image/manifest/digest.ts';
import { MAX_MANIFEST, type Descriptor } from '../../../../runtime/image/manifest/manifest.ts';
import { ContentStore } from './content-store.ts';
import { isOff } from './is-off.ts';
import type { Session } from './session.ts';
import type { CacheExport, Solve } from './solve.ts';

/** A cache that a client names: 'cache-imports' is JSON, 'cache-from' is a list of references. */
export interface CacheImport {
  type: string;
  attributes: Readonly<Record<string, string>>;
}

export function cacheImportsOf(attributes: Readonly<Record<string, string>>): CacheImport[] {
  const named = (attributes['cache-from'] ?? '').split(',').filter(Boolean);
  const references = named.map((ref): CacheImport => ({ type: 'registry', attributes: { ref } }));
  let imports: unknown;
  try {
    imports = JSON.parse(attributes['cache-imports'] ?? '[]');
  } catch {
    throw new ApiError(400, 'cache-imports of a build is no JSON');
  }
  return Array.isArray(imports) ? [...references, ...imports.map(importOf)] : references;
}

function importOf(value: unknown): CacheImport {
  const { Type, Attrs } = (value ?? {}) as { Type?: unknown; Attrs?: unknown };
  const fields = typeof Attrs === 'object' && Attrs !== null ? Object.entries(Attrs) : [];
  const texts = fields.filter((field): field is [string, string] => typeof field[1] === 'string');
  return { type: String(Type), attributes: Object.fromEntries(texts) };
}

/** The name that the build shows. */
export const nameOf = ({ type, attributes }: CacheImport | CacheExport): string =>
  attributes['ref'] ?? `type=${type}${attributes['src'] ? `,src=${attributes['src']}` : ''}`;

/** `--cache-from type=local,src=DIR`: the client says which manifest of the directory it is. */
export const sourceOf = (one: CacheImport, session: Session, signal: AbortSignal): CacheSource => ({
  name: nameOf(one),
  site: directorySite(session, one.attributes['src'] ?? '', signal, { digest: one.attributes['digest'] ?? '' }),
});

const TYPES = ['registry', 'local'];
const MODES = ['min', 'max'];

/** Throws ApiError for what is not there yet. */
export function checkExport({ type, attributes }: CacheExport): void {
  if (type === 'inline') return;
  const refuse = (what: string, instead: string) => new ApiError(501, `${what}: not there yet in Drydock; ${instead}`);
  if (!TYPES.includes(type)) throw refuse(`--cache-to type=${type}`, 'there are registry, local and inline');
  const { mode = 'min', compression = 'gzip', ref } = attributes;
  if (!MODES.includes(mode)) throw badParameter(`unsupported cache export mode: ${mode}`);
  if (type === 'registry' && !ref) throw badParameter('--cache-to type=registry: it has no ref');
  if (!['gzip', 'uncompressed'].includes(compression))
    throw refuse(`--cache-to compression=${compression}`, 'there are gzip and uncompressed');
  if (isOff(attributes['oci-mediatypes'] ?? 'true')) throw refuse('--cache-to oci-mediatypes=false', 'leave it out');
}

/** Throws as above. */
export function targetOf(one: CacheExport, solve: Solve, session: Session, signal: AbortSignal): CacheTarget {
  checkExport(one);
  const { type, attributes } = one;
  const isRegistry = type === 'registry';
  return {
    name: isRegistry ? attributes['ref']! : 'client directory',
    at: isRegistry
      ? { reference: attributes['ref']! }
      : {
          site: directorySite(session, attributes['dest'] ?? '', signal, {
            // the client writes it into index.json
            finished: (descriptor) => (solve.cacheManifest = JSON.stringify(descriptor)),
          }),
        },
    isMax: attributes['mode'] === 'max',
    isManifest: !isOff(attributes['image-manifest'] ?? 'true'),
    isCompressed: attributes['compression'] !== 'uncompressed',
    isOptional: !isOff(attributes['ignore-error'] ?? ''),
  };
}

/** `digest`: of the manifest that is read. */
function directorySite(
  session: Session,
  directory: string,
  signal: AbortSignal,
  { digest = '', finished }: { digest?: string; finished?(descriptor: Descriptor): void },
): CacheSite {
  const store = new ContentStore(session, `local:${directory}`, signal);
  return {
    manifest() {
      if (!isDigest(digest)) throw badParameter('the client names no manifest of the cache');
      return store.document(digest, MAX_MANIFEST);
    },
    document: (wanted, most) => store.document(wanted, most),
    async fetch(blob, { blobs }) {
      await blobs.make(
        (path) => received(store, blob, path),
        () => undefined,
      );
    },
    put: ({ digest: wanted, size, path }) => store.put(wanted, size, createReadStream(path)),
    async finish({ bytes, mediaType }) {
      const found = sha256(bytes);
      await store.put(found, bytes.length, [bytes]);
      finished?.({ mediaType, digest: found, size: bytes.length });
    },
  };
}

/** Writes the blob into a new file. Throws Error for another size or digest. */
async function received(store: ContentStore, { digest, size }: Descriptor, path: string): Promise<LayerFile> {
  const hash = createHash('sha256');
  const file = await open(path, 'wx', 0o600);
  let written = 0;
  try {
    for await (const part of store.parts(digest, size)) {
      hash.update(part);
      await file.writeFile(part);
      written += part.length;
    }
  } finally {
    await file.close();
  }
  const found = `sha256:${hash.digest('hex')}`;
  if (found !== digest || written !== size)
    throw new Error(`the client sent the blob ${digest} with ${written} bytes and the digest ${found}`);
  return { digest, size };
}
