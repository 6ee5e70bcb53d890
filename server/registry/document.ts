/** What the registry reads in a manifest or an index: OCI image spec, "Image Manifest", "Image Index". */
import { parseJson } from '../../runtime/json/parse-json.ts';
import { isDigest } from './digest.ts';
import { RegistryRefusal } from './error.ts';

interface Link {
  digest?: unknown;
  mediaType?: unknown;
  urls?: unknown;
}
export interface Document {
  mediaType?: unknown;
  artifactType?: unknown;
  annotations?: unknown;
  config?: Link;
  layers?: Link[];
  manifests?: Link[];
  subject?: Link;
}
/**
 * Layers that a registry need not have, because their `urls` say where they are: OCI image spec 1.1, "Non-
 * Distributable".
 */
const ELSEWHERE =
  /^application\/vnd\.(docker\.image\.rootfs\.foreign\.diff|oci\.image\.layer\.nondistributable\.v1)\.tar/;

const invalid = (message: string) => new RegistryRefusal('MANIFEST_INVALID', message);

export function parseDocument(bytes: Buffer): Document {
  try {
    const value: unknown = parseJson(bytes.toString());
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  } catch {
    // the error is thrown below
  }
  throw invalid('the manifest is not a JSON object');
}

function listed(links: unknown): Link[] {
  if (links === undefined || links === null) return [];
  return (Array.isArray(links) ? (links as unknown[]) : [links]).map((link) => {
    if (typeof link !== 'object' || link === null || !isDigest((link as Link).digest))
      throw invalid('the manifest refers to something without a sha256 or sha512 digest');
    return link as Link;
  });
}
const digests = (links: Link[]): string[] => links.map(({ digest }) => digest as string);

/** The blobs and the manifests that have to be stored before this manifest. Throws RegistryRefusal MANIFEST_INVALID. */
export function neededBy(document: Document): { blobs: string[]; manifests: string[] } {
  const layers = listed(document.layers).filter(
    ({ mediaType, urls }) => !(ELSEWHERE.test(String(mediaType)) && Array.isArray(urls) && urls.length),
  );
  return {
    blobs: [...digests(listed(document.config)), ...digests(layers)],
    manifests: digests(listed(document.manifests)),
  };
}

/** The manifest that this one says something about; it may be absent. Throws RegistryRefusal MANIFEST_INVALID. */
export const subjectOf = (document: Document): string | undefined => digests(listed(document.subject))[0];
