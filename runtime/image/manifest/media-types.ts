/**
 * Media types of an image's documents and blobs: OCI image spec, "Media Types"; Docker "Image Manifest V 2, Schema 2".
 */

export const OCI_INDEX = 'application/vnd.oci.image.index.v1+json';
export const OCI_MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
export const OCI_CONFIG = 'application/vnd.oci.image.config.v1+json';
export const OCI_LAYER = 'application/vnd.oci.image.layer.v1.tar';
const DOCKER_LIST = 'application/vnd.docker.distribution.manifest.list.v2+json';
const DOCKER_MANIFEST = 'application/vnd.docker.distribution.manifest.v2+json';
const DOCKER_CONFIG = 'application/vnd.docker.container.image.v1+json';

export const indexTypes: readonly string[] = [OCI_INDEX, DOCKER_LIST];
export const manifestTypes: readonly string[] = [OCI_MANIFEST, DOCKER_MANIFEST];
export const configTypes: readonly string[] = [OCI_CONFIG, DOCKER_CONFIG];
export const schema1Types: readonly string[] = [
  'application/vnd.docker.distribution.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v1+prettyjws',
];
const DOCKER_LAYER = 'application/vnd.docker.image.rootfs.diff.tar';
/**
 * The layer's first bytes decide which of these it is: decompress.ts. The specification has gzip and zstd; dockerd also
 * reads the others.
 */
const compressions = ['gzip', 'zstd', 'xz', 'bzip2'];
export const layerTypes: readonly string[] = [
  OCI_LAYER,
  ...compressions.map((one) => `${OCI_LAYER}+${one}`),
  DOCKER_LAYER,
  ...compressions.map((one) => `${DOCKER_LAYER}.${one}`),
  'application/vnd.oci.image.layer.nondistributable.v1.tar',
  'application/vnd.oci.image.layer.nondistributable.v1.tar+gzip',
  'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip',
];

/** The Accept header for a manifest, by tag or digest. */
export const acceptManifests = [...indexTypes, ...manifestTypes].join(', ');
