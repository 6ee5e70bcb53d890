/** The state of the push phase: the request, and what its steps have found so far. */
import type { Settings } from '../data-root/settings.ts';
import type { Image } from './manifest/image.ts';
import type { Platform } from './manifest/manifest.ts';
import type { Reference } from './manifest/reference.ts';
import type { PullProgress } from './pull.ts';
import type { RegistryAuth } from './registry/auth.ts';
import type { RegistryClient } from './registry/client.ts';
import type { LayerBlob } from './store/layer-blobs.ts';
import type { Lease } from './store/lease.ts';
import type { ImageStore } from './store/store.ts';

/** A layer and the archive of it that is sent. */
export interface PushedLayer {
  diffID: string;
  blob: LayerBlob;
}
export interface PushContext {
  readonly settings: Settings;
  readonly images: ImageStore;
  /** with its tag */
  readonly reference: Reference;
  readonly platform?: Platform | undefined;
  readonly auth?: RegistryAuth | undefined;
  progress(line: PullProgress): void;
  readonly signal: AbortSignal;
  readonly lease: Lease;
  image?: Image;
  client?: RegistryClient;
  /** the lowest first */
  layers?: PushedLayer[];
  manifest?: { bytes: Buffer; mediaType: string };
  /** the manifest's digest, when the registry has it under the tag */
  digest?: string;
}
