/** The options of `docker save` and `docker load`. */
import type { Parts } from '../kernel/jobs.ts';
import type { Descriptor, SavedAs } from '../image/archive/documents.ts';
import type { ArchiveEntry } from '../image/archive/send.ts';
import type { Platform } from '../image/manifest/manifest.ts';
import type { PullProgress } from '../image/pull.ts';
import type { Walking } from '../operation/walking.ts';
import type { Loaded } from '../steps/image/load.ts';
import type { Verified } from '../steps/image/verify.ts';

export interface SaveOptions extends Walking {
  /** names, repositories or ids */
  names: readonly string[];
  platform?: Platform | undefined;
  /** the exporter of a build says how */
  as?: SavedAs;
  /** takes the archive */
  send(parts: Parts<Uint8Array>): Promise<void>;
  /** takes the blobs in place of the archive */
  put?(entries: readonly ArchiveEntry[]): Promise<void>;
}
export interface LoadOptions extends Walking {
  platform?: Platform | undefined;
  /** Writes the archive into the socket until the signal, and closes it. */
  pass(fd: number, signal: AbortSignal): Promise<void>;
  progress?(line: PullProgress): void;
}
export interface ImageArchiveList {
  /**
   * Sends images as an archive. Returns what its index.json lists. Throws ApiError 404 in dockerd's words before the
   * first part is sent.
   */
  save(options: SaveOptions): Promise<readonly Descriptor[]>;
  /** Adds the images of an archive, all or none. Throws ApiError 400 and 500. */
  load(options: LoadOptions): Promise<Loaded[]>;
  /** Computes an image's digests again from its archives. Throws ApiError 404. */
  verify(image: string, walking?: Walking): Promise<Verified[]>;
}
