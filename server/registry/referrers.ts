/**
 * GET /v2/<name>/referrers/<digest>: the manifests whose subject is that digest. OCI distribution spec 1.1, "Listing
 * Referrers".
 */
import { readFileSync, rmSync, rmdirSync } from 'node:fs';
import { OCI_INDEX } from '../../runtime/image/manifest/media-types.ts';
import { checkDigest, hexOf } from './digest.ts';
import { type Document, subjectOf } from './document.ts';
import { answer, type Handler } from './exchange.ts';
import { checkName, type Storage, type StoredManifest } from './storage.ts';

/** A descriptor carries the annotations of its manifest, so a page is limited by bytes as well. */
const PAGE = 1000;
const PAGE_BYTES = 4 << 20;

const textOf = (value: unknown): string | undefined => (typeof value === 'string' && value ? value : undefined);

function descriptorOf({ bytes, mediaType, digest }: StoredManifest, document: Document): object {
  const artifactType = textOf(document.artifactType) ?? textOf(document.config?.mediaType);
  return {
    mediaType,
    digest,
    size: bytes.length,
    ...(artifactType && { artifactType }),
    ...(document.annotations !== undefined && { annotations: document.annotations }),
  };
}

/** Notes a stored manifest with its subject. Returns the subject. Throws RegistryRefusal MANIFEST_INVALID. */
export async function addReferrer(
  storage: Storage,
  name: string,
  manifest: StoredManifest,
  document: Document,
): Promise<string | undefined> {
  const subject = subjectOf(document);
  if (subject)
    await storage.files.write(
      storage.path(name, '_referrers', hexOf(subject), hexOf(manifest.digest)),
      JSON.stringify(descriptorOf(manifest, document)),
    );
  return subject;
}

export function removeReferrer(storage: Storage, name: string, digest: string, document: Document): void {
  const subject = subjectOf(document);
  if (!subject) return;
  rmSync(storage.path(name, '_referrers', hexOf(subject), hexOf(digest)), { force: true });
  try {
    rmdirSync(storage.path(name, '_referrers', hexOf(subject)));
  } catch {
    // the subject has other referrers, or none was noted
  }
}

export const listReferrers: Handler = async (x) => {
  const subject = hexOf(checkDigest(x.reference));
  const wanted = x.query.get('artifactType');
  const last = x.query.get('last') ?? '';
  const manifests: object[] = [];
  let size = 0;
  let next: string | undefined;
  for (const hex of await x.storage.entries(checkName(x.name), '_referrers', subject)) {
    if (hex <= last) continue;
    if (manifests.length >= PAGE || size >= PAGE_BYTES) break;
    let text: string;
    try {
      text = readFileSync(x.storage.path(x.name, '_referrers', subject, hex), 'utf8');
    } catch {
      continue; // it was deleted after the directory had been read
    }
    const descriptor = JSON.parse(text) as { artifactType?: string };
    next = hex;
    if (wanted !== null && descriptor.artifactType !== wanted) continue;
    manifests.push(descriptor);
    size += text.length;
  }
  const full = manifests.length >= PAGE || size >= PAGE_BYTES;
  const query = new URLSearchParams({ ...(wanted !== null && { artifactType: wanted }), last: next ?? '' });
  answer(
    x,
    200,
    {
      'Content-Type': OCI_INDEX,
      ...(wanted !== null && { 'OCI-Filters-Applied': 'artifactType' }),
      ...(full && next && { Link: `</v2/${x.name}/referrers/${x.reference}?${query.toString()}>; rel="next"` }),
    },
    JSON.stringify({ schemaVersion: 2, mediaType: OCI_INDEX, manifests }),
  );
};
