/**
 * The manifest of an image that was made here: Docker's "Image Manifest V 2, Schema 2", as dockerd pushes it, or the
 * OCI image specification's where a layer has a compression that only that knows.
 */
import { OCI_CONFIG, OCI_LAYER, OCI_MANIFEST } from './media-types.ts';

interface Blob {
  digest: string;
  size: number;
  mediaType: string;
}

const DOCKER = 'application/vnd.docker';
const DOCKER_MANIFEST = `${DOCKER}.distribution.manifest.v2+json`;
const compressionOf = ({ mediaType }: Blob): string => /[+.](gzip|zstd|xz|bzip2)$/.exec(mediaType)?.[1] ?? '';
const isOwn = ({ mediaType }: Blob): boolean => /nondistributable|foreign/.test(mediaType);

export function madeManifest(
  config: { digest: string; size: number },
  layers: readonly Blob[],
): { bytes: Buffer; mediaType: string } {
  const oci = layers.some((layer) => compressionOf(layer) !== 'gzip' || isOwn(layer));
  const typeOf = (layer: Blob): string => {
    if (isOwn(layer)) return layer.mediaType;
    const compression = compressionOf(layer);
    if (oci) return compression ? `${OCI_LAYER}+${compression}` : OCI_LAYER;
    return `${DOCKER}.image.rootfs.diff.tar.${compression}`;
  };
  const mediaType = oci ? OCI_MANIFEST : DOCKER_MANIFEST;
  const document = {
    schemaVersion: 2,
    mediaType,
    config: {
      mediaType: oci ? OCI_CONFIG : `${DOCKER}.container.image.v1+json`,
      size: config.size,
      digest: config.digest,
    },
    layers: layers.map((layer) => ({ mediaType: typeOf(layer), size: layer.size, digest: layer.digest })),
  };
  return { bytes: Buffer.from(JSON.stringify(document, null, 3)), mediaType };
}
