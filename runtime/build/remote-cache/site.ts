/** Where `--cache-to` and `--cache-from` keep a cache: a repository of a registry, or a directory of the client. */
import type { Descriptor } from '../../image/manifest/manifest.ts';
import type { LocalBlob } from '../../image/registry/upload.ts';
import type { ImageStore } from '../../image/store/store.ts';

export interface CacheSite {
  /** The manifest of the cache. Throws when there is none. */
  manifest(): Promise<Buffer>;
  /** A blob of at most `most` bytes, whose digest was checked. */
  document(digest: string, most: number): Promise<Buffer>;
  /** Puts the blob into the store, which the caller's lease protects. Its digest and its size were checked. */
  fetch(blob: Descriptor, images: ImageStore): Promise<void>;
  /** Sends the blob, unless it is there. */
  put(blob: LocalBlob): Promise<void>;
  /** Sends the manifest when all blobs are there, and gives it its name. */
  finish(manifest: { bytes: Buffer; mediaType: string }): Promise<void>;
}

/** `--cache-from type=registry` and `type=local`. */
export interface CacheSource {
  /** as the build shows it */
  name: string;
  site: CacheSite;
}

/** `--cache-to type=registry` and `type=local`. */
export interface CacheTarget {
  name: string;
  /** the reference in a registry, or the directory of the client */
  at: { reference: string } | { site: CacheSite };
  /** also the stages that are not in the image: mode=max */
  isMax: boolean;
  /** an OCI manifest; otherwise an index, as older versions of BuildKit write it */
  isManifest: boolean;
  isCompressed: boolean;
  /** a failure does not end the build */
  isOptional: boolean;
}
