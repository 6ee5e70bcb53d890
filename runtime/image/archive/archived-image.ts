/** An image in a received archive. */
import type { ImageConfig } from '../manifest/image.ts';
import type { Reference } from '../manifest/reference.ts';
import type { ArchiveFile } from './receive.ts';

export interface ArchivedImage {
  config: ImageConfig;
  configBytes: Buffer;
  /** the digest of the config */
  id: string;
  layers: (ArchiveFile & { mediaType: string })[];
  /** the manifest's bytes, where its layers are those above */
  manifest?: Buffer;
  names: Reference[];
}
