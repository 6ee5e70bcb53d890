/** What a client may ask of a build and the daemon does not do. It is refused by name: it would change the result. */
import { ApiError } from '../../../../runtime/errors/api-error.ts';
import type { Solve } from './solve.ts';

type Attributes = Readonly<Record<string, string>>;

/** The image is in the store and has its names already. */
const STORED = ['moby', 'image', 'docker'];
/** The files are sent to the client. */
const SENT = ['local', 'tar'];
/** Attributes of an image that would make another one, each with what to do instead. */
const IMAGE: Readonly<Record<string, string>> = {
  'rewrite-timestamp': 'leave it out',
  compression: 'leave it out: a layer is compressed when the image is pushed',
  'compression-level': 'leave it out: a layer is compressed when the image is pushed',
  'force-compression': 'leave it out: a layer is compressed when the image is pushed',
  'push-by-digest': 'push the image under a name',
};
const isOff = (value: string): boolean => /^(false|0|f|)$/i.test(value);

const missing = (what: string, instead: string): ApiError =>
  new ApiError(501, `${what} of a build: not there yet in Drydock; ${instead}`);

function checkImage(type: string, attributes: Attributes): void {
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith('annotation')) throw missing('--annotation', 'use --label, which is kept in the image');
    const instead = Object.hasOwn(IMAGE, key) ? IMAGE[key] : undefined;
    if (instead && !isOff(value)) throw missing(`${key}=${value}`, instead);
    // with the type moby the client calls POST /images/NAME/push when the build is done
    if (key === 'push' && type !== 'moby' && !isOff(value))
      throw missing(`--output type=${type},push=true`, 'name the image with -t and use docker push');
  }
}

/** Throws ApiError. */
export function refuseExports({ exporters, cacheExports }: Pick<Solve, 'exporters' | 'cacheExports'>): void {
  const cache = cacheExports.find((type) => type !== 'inline');
  if (cache)
    throw missing(`--cache-to type=${cache}`, 'leave it out, or use type=inline, which keeps the cache in the image');
  if (exporters.length > 1)
    throw missing('a second --output', 'give one, and build again for the other from the cache');
  for (const { type, attributes } of exporters) {
    if (SENT.includes(type)) continue;
    if (!STORED.includes(type)) throw new ApiError(501, `--output type=${type}: not there yet in Drydock`);
    checkImage(type, attributes);
  }
}

/** Provenance of `mode=min` is what clients add by themselves; no store of dockerd keeps it. Throws ApiError. */
export function refuseAttestations(attributes: Attributes): void {
  for (const [key, value] of Object.entries(attributes)) {
    if (!key.startsWith('attest:')) continue;
    const fields = new Map(value.split(',').map((field) => [field.split('=', 1)[0]!, field.split('=')[1] ?? '']));
    if (/^(true|1)$/i.test(fields.get('disabled') ?? '')) continue;
    const kind = key.slice('attest:'.length);
    const wanted = fields.get('mode') ?? '';
    if (kind !== 'provenance') throw missing(`an attestation of the type ${kind}`, `leave --${kind} and --attest out`);
    if (!['', 'min'].includes(wanted)) throw missing(`--provenance=mode=${wanted}`, 'use --provenance=false');
  }
}

/** The images with a cache that a client names: 'cache-imports' is JSON, 'cache-from' is a list of references. */
export function cacheImportsOf(attributes: Attributes): string[] {
  const named = (attributes['cache-from'] ?? '').split(',').filter(Boolean);
  try {
    const imports: unknown = JSON.parse(attributes['cache-imports'] ?? '[]');
    if (!Array.isArray(imports)) return named;
    return [...named, ...(imports as { Type?: unknown; Attrs?: { ref?: unknown } }[]).map(nameOfImport)];
  } catch {
    throw new ApiError(400, 'cache-imports of a build is no JSON');
  }
}
const nameOfImport = (one: { Type?: unknown; Attrs?: { ref?: unknown } } | null): string =>
  typeof one?.Attrs?.ref === 'string' ? one.Attrs.ref : `type=${String(one?.Type)}`;
