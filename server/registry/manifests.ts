/**
 * /v2/<name>/manifests/<reference>, tags and the catalog: OCI distribution spec, "Pulling manifests", "Pushing
 * manifests", "Listing tags".
 */
import { MAX_MANIFEST } from '../../runtime/image/manifest/manifest.ts';
import { isTag } from '../../runtime/image/manifest/reference.ts';
import { algorithmOf, digestOf, isDigest } from './digest.ts';
import { type Document, neededBy, parseDocument } from './document.ts';
import { RegistryRefusal } from './error.ts';
import { answer, answerJson, page, readBody, type Exchange, type Handler } from './exchange.ts';
import { addReferrer, removeReferrer } from './referrers.ts';
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

/** A manifest may refer only to what is stored already, because its pull would fail otherwise. */
function checkLinks(x: Exchange, document: Document): void {
  const { blobs, manifests } = neededBy(document);
  for (const digest of blobs)
    if (!x.storage.hasBlob(x.name, digest))
      throw new RegistryRefusal('MANIFEST_BLOB_UNKNOWN', `blob unknown to registry: ${digest}`);
  for (const digest of manifests)
    if (!x.storage.hasManifest(x.name, digest))
      throw new RegistryRefusal('MANIFEST_BLOB_UNKNOWN', `manifest unknown to registry: ${digest}`);
}

export const putManifest: Handler = async (x) => {
  checkName(x.name);
  const byDigest: boolean = isDigest(x.reference);
  if (!byDigest && !isTag(x.reference))
    throw new RegistryRefusal('TAG_INVALID', `invalid tag ${JSON.stringify(x.reference.slice(0, 130))}`);
  const bytes = await readBody(x.req, MAX_MANIFEST);
  const algorithm = byDigest ? algorithmOf(x.reference) : 'sha256';
  const digest = digestOf(algorithm, bytes);
  if (byDigest && digest !== x.reference)
    throw new RegistryRefusal('DIGEST_INVALID', `the manifest has the digest ${digest}, not ${x.reference}`);
  const document = parseDocument(bytes);
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
  await x.storage.putManifest(x.name, bytes, mediaType, algorithm);
  try {
    // the garbage collection may have taken a blob before it could see this manifest
    checkLinks(x, document);
  } catch (error) {
    await x.storage.deleteManifest(x.name, digest);
    throw error;
  }
  const subject = await addReferrer(x.storage, x.name, { bytes, mediaType, digest }, document);
  if (!byDigest) await x.storage.putTag(x.name, x.reference, digest);
  answer(x, 201, {
    Location: `/v2/${x.name}/manifests/${digest}`,
    'Docker-Content-Digest': digest,
    ...(subject && { 'OCI-Subject': subject }),
  });
};

export const deleteManifest: Handler = async (x) => {
  const { bytes, digest } = x.storage.manifest(checkName(x.name), x.reference);
  if (isDigest(x.reference)) removeReferrer(x.storage, x.name, digest, parseDocument(bytes));
  await x.storage.deleteManifest(x.name, x.reference);
  answer(x, 202);
};

export const listTags: Handler = async (x) => {
  const { items, headers } = page(x, await x.storage.tags(checkName(x.name)), `/v2/${x.name}/tags/list`);
  answerJson(x, { name: x.name, tags: items }, headers);
};

export const catalog: Handler = async (x) => {
  const { items, headers } = page(x, await x.storage.repositories(), '/v2/_catalog');
  answerJson(x, { repositories: items }, headers);
};
