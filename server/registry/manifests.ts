/**
 * /v2/<name>/manifests/<reference>, tags and the catalog: OCI distribution spec, "Pulling manifests", "Pushing
 * manifests", "Listing tags".
 */
import { isDigest, sha256 } from '../../runtime/image/manifest/digest.ts';
import { MAX_MANIFEST } from '../../runtime/image/manifest/manifest.ts';
import { isTag } from '../../runtime/image/manifest/reference.ts';
import { parseJson } from '../../runtime/json/parse-json.ts';
import { RegistryRefusal } from './error.ts';
import { answer, answerJson, page, readBody, type Exchange, type Handler } from './exchange.ts';
import { checkName } from './storage.ts';

const MEDIA_TYPE = /^[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}\/[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}$/;

export const getManifest: Handler = (x) => {
  const { bytes, mediaType, digest } = x.storage.manifest(checkName(x.name), x.reference);
  answer(
    x,
    200,
    { 'Content-Type': mediaType, 'Docker-Content-Digest': digest, 'Content-Length': bytes.length, ETag: `"${digest}"` },
    bytes,
  );
};

type Link = { digest?: unknown };
interface Document {
  mediaType?: unknown;
  config?: Link;
  layers?: Link[];
  manifests?: Link[];
}

function parse(bytes: Buffer): Document {
  try {
    const value: unknown = parseJson(bytes.toString());
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  } catch {
    // the error is thrown below
  }
  throw new RegistryRefusal('MANIFEST_INVALID', 'the manifest is not a JSON object');
}

function digestsOf(links: unknown): string[] {
  if (links === undefined) return [];
  const list: unknown[] = Array.isArray(links) ? links : [links];
  return list.map((link) => {
    const digest = typeof link === 'object' && link !== null ? (link as Link).digest : undefined;
    if (!isDigest(digest))
      throw new RegistryRefusal('MANIFEST_INVALID', 'the manifest refers to something without a sha256 digest');
    return digest;
  });
}

/** A manifest may refer only to blobs that are stored already, because its pull would fail otherwise. */
function checkLinks(x: Exchange, document: Document): void {
  for (const digest of [...digestsOf(document.config), ...digestsOf(document.layers)]) {
    if (!x.storage.hasBlob(x.name, digest))
      throw new RegistryRefusal('MANIFEST_BLOB_UNKNOWN', `blob unknown to registry: ${digest}`);
  }
  for (const digest of digestsOf(document.manifests)) {
    if (!x.storage.hasManifest(x.name, digest))
      throw new RegistryRefusal('MANIFEST_BLOB_UNKNOWN', `manifest unknown to registry: ${digest}`);
  }
}

export const putManifest: Handler = async (x) => {
  checkName(x.name);
  const byDigest: boolean = isDigest(x.reference);
  if (!byDigest && !isTag(x.reference))
    throw new RegistryRefusal('TAG_INVALID', `invalid tag ${JSON.stringify(x.reference.slice(0, 130))}`);
  const bytes = await readBody(x.req, MAX_MANIFEST);
  if (byDigest && sha256(bytes) !== x.reference)
    throw new RegistryRefusal('DIGEST_INVALID', `the manifest has the digest ${sha256(bytes)}, not ${x.reference}`);
  const document = parse(bytes);
  const mediaType = (
    x.req.headers['content-type'] ?? (typeof document.mediaType === 'string' ? document.mediaType : '')
  )
    .replace(/;.*/, '')
    .trim();
  if (!MEDIA_TYPE.test(mediaType)) throw new RegistryRefusal('MANIFEST_INVALID', 'the manifest has no media type');
  if (document.mediaType !== undefined && document.mediaType !== mediaType)
    throw new RegistryRefusal(
      'MANIFEST_INVALID',
      `the manifest calls itself ${JSON.stringify(document.mediaType)}, the request ${mediaType}`,
    );
  checkLinks(x, document);
  const digest = x.storage.putManifest(x.name, bytes, mediaType, byDigest ? undefined : x.reference);
  answer(x, 201, { Location: `/v2/${x.name}/manifests/${digest}`, 'Docker-Content-Digest': digest });
};

export const deleteManifest: Handler = (x) => {
  x.storage.deleteManifest(checkName(x.name), x.reference);
  answer(x, 202);
};

export const listTags: Handler = (x) => {
  const { items, headers } = page(x, x.storage.tags(checkName(x.name)), `/v2/${x.name}/tags/list`);
  answerJson(x, { name: x.name, tags: items }, headers);
};

export const catalog: Handler = (x) => {
  const { items, headers } = page(x, x.storage.repositories(), '/v2/_catalog');
  answerJson(x, { repositories: items }, headers);
};
