/** The options of `docker save` and `docker load`. */
import type { Parts } from '../kernel/jobs.ts';
import type { Platform } from '../image/manifest/manifest.ts';
import type { PullProgress } from '../image/pull.ts';
import type { Walking } from '../operation/walking.ts';
import type { Loaded } from '../steps/image/load.ts';
import type { Verified } from '../steps/image/verify.ts';

export interface SaveOptions extends Walking {
  /** names, repositories or ids */
  names: readonly string[];
  platform?: Platform | undefined;
  /** takes the archive */
  send(parts: Parts<Uint8Array>): Promise<void>;
}
export interface LoadOptions extends Walking {
  platform?: Platform | undefined;
  /** Writes the archive into the socket until the signal, and closes it. */
  pass(fd: number, signal: AbortSignal): Promise<void>;
  progress?(line: PullProgress): void;
}
export interface ImageArchiveList {
  /** Sends images as an archive. Throws ApiError 404 in dockerd's words before the first part is sent. */
  save(options: SaveOptions): Promise<void>;
  /** Adds the images of an archive, all or none. Throws ApiError 400 and 500. */
  load(options: LoadOptions): Promise<Loaded[]>;
  /** Computes an image's digests again from its archives. Throws ApiError 404. */
  verify(image: string, walking?: Walking): Promise<Verified[]>;
}
