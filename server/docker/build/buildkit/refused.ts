/** What a client may ask of a build and the daemon does not do. It is refused by name: it would change the result. */
import { ApiError, badParameter } from '../../../../runtime/errors/api-error.ts';
import { checkExport } from './cache.ts';
import { annotationsIn, isAnnotation } from './annotations.ts';
import { isOff } from './is-off.ts';
import type { Solve } from './solve.ts';

type Attributes = Readonly<Record<string, string>>;

/** The image is in the store and has its names already. */
const STORED = ['moby', 'image'];
/** The files are sent to the client. */
const SENT = ['local', 'tar'];
/** An archive of the image is sent to the client. */
const ARCHIVES = ['oci', 'docker'];
/** Attributes of an image that would make another one, each with what to do instead. */
const IMAGE: Readonly<Record<string, string>> = {
  'rewrite-timestamp': 'leave it out',
  compression: 'leave it out: a layer is compressed when the image is pushed',
  'compression-level': 'leave it out: a layer is compressed when the image is pushed',
  'force-compression': 'leave it out: a layer is compressed when the image is pushed',
  'push-by-digest': 'push the image under a name',
};

const missing = (what: string, instead: string): ApiError =>
  new ApiError(501, `${what} of a build: not there yet in Drydock; ${instead}`);

function checkImage(attributes: Attributes): void {
  for (const [key, value] of Object.entries(attributes)) {
    if (isAnnotation(key))
      throw missing(
        '--annotation',
        'the store keeps no manifest of an image that was built here: use --label, or --output type=oci',
      );
    const instead = Object.hasOwn(IMAGE, key) ? IMAGE[key] : undefined;
    if (instead && !isOff(value)) throw missing(`${key}=${value}`, instead);
  }
}

function checkArchive(type: string, attributes: Attributes): void {
  annotationsIn(attributes);
  const { compression = 'uncompressed' } = attributes;
  if (compression !== 'uncompressed')
    throw missing(
      `compression=${compression}`,
      'leave it out: the layers of the archive are plain tars, and skopeo copy --dest-compress compresses them',
    );
  if (type === 'oci' && isOff(attributes['oci-mediatypes'] ?? 'true'))
    throw badParameter('exporter type=oci cannot have oci-mediatypes=false');
  if (!isOff(attributes['rewrite-timestamp'] ?? '')) throw missing('rewrite-timestamp=true', 'leave it out');
}

/** Throws ApiError. */
export function refuseExports({ exporters, cacheExports }: Pick<Solve, 'exporters' | 'cacheExports'>): void {
  cacheExports.forEach(checkExport);
  if (exporters.length > 1)
    throw missing('a second --output', 'give one, and build again for the other from the cache');
  for (const { type, attributes } of exporters) {
    if (SENT.includes(type)) continue;
    if (ARCHIVES.includes(type)) {
      checkArchive(type, attributes);
      continue;
    }
    if (!STORED.includes(type)) throw new ApiError(501, `--output type=${type}: not there yet in Drydock`);
    checkImage(attributes);
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
