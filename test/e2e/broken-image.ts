/** Images that no registry should contain, made by hand. */
import { gzipSync } from 'node:zlib';
import { OCI_CONFIG, OCI_INDEX, OCI_LAYER, OCI_MANIFEST } from '../../runtime/image/manifest/media-types.ts';
import type { Sample } from '../image/sample.ts';
import { digestOf } from '../image/tarball.ts';

export interface Wrong {
  tar: Buffer;
  /** used instead of the gzipped tar */
  blob?: Buffer;
  diffID?: string;
  architecture?: string;
  /** used instead of the image's manifest */
  manifest?: object;
  mediaType?: string;
  /** further fields of the image's config besides Cmd: User, Env, Volumes, … */
  config?: object;
}
const here = process.arch === 'arm64' ? 'arm64' : 'amd64';

export function brokenImage({
  tar,
  blob = gzipSync(tar, { level: 1 }),
  diffID = digestOf(tar),
  architecture = here,
  manifest,
  mediaType = OCI_MANIFEST,
  config: more,
}: Wrong): Sample {
  const blobs = new Map<string, Buffer>();
  const descriptor = (bytes: Buffer, type: string) => {
    blobs.set(digestOf(bytes), bytes);
    return { mediaType: type, digest: digestOf(bytes), size: bytes.length };
  };
  const config = descriptor(
    Buffer.from(
      JSON.stringify({
        architecture,
        os: 'linux',
        config: { Cmd: ['sh'], ...more },
        rootfs: { type: 'layers', diff_ids: [diffID] },
      }),
    ),
    OCI_CONFIG,
  );
  const layer = descriptor(blob, `${OCI_LAYER}+gzip`);
  const bytes = Buffer.from(JSON.stringify(manifest ?? { schemaVersion: 2, mediaType, config, layers: [layer] }));
  const index = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: OCI_INDEX,
      manifests: [{ mediaType, digest: digestOf(bytes), size: bytes.length, platform: { os: 'linux', architecture } }],
    }),
  );
  const [top, topType] = manifest ? [bytes, mediaType] : [index, OCI_INDEX];
  return {
    blobs,
    manifests: new Map([
      [digestOf(bytes), { bytes, mediaType }],
      [digestOf(top), { bytes: top, mediaType: topType }],
    ]),
    index: digestOf(top),
    manifest: digestOf(bytes),
    config: config.digest,
    layers: [layer.digest],
  };
}
