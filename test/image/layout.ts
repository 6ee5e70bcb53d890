/** An image as an OCI image layout directory, from which skopeo can push: OCI image spec, "Image Layout". */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { OCI_INDEX } from '../../runtime/image/manifest/media-types.ts';
import type { Sample } from './sample.ts';

/** The tag `latest` refers to this machine's manifest. */
export function writeLayout(dir: string, image: Sample): void {
  mkdirSync(join(dir, 'blobs/sha256'), { recursive: true });
  for (const [digest, bytes] of image.blobs) writeFileSync(join(dir, 'blobs', digest.replace(':', '/')), bytes);
  const { bytes, mediaType } = image.manifests.get(image.manifest)!;
  writeFileSync(join(dir, 'blobs', image.manifest.replace(':', '/')), bytes);
  const entry = {
    mediaType,
    digest: image.manifest,
    size: bytes.length,
    annotations: { 'org.opencontainers.image.ref.name': 'latest' },
  };
  writeFileSync(
    join(dir, 'index.json'),
    JSON.stringify({ schemaVersion: 2, mediaType: OCI_INDEX, manifests: [entry] }),
  );
  writeFileSync(join(dir, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}');
}
