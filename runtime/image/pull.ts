/** The state of the pull phase: the request, and what its steps have found so far. */
import type { ProgressEvent } from '../journal/event.ts';
import type { Settings } from '../data-root/settings.ts';
import type { RegistryAuth } from './registry/auth.ts';
import type { RegistryClient } from './registry/client.ts';
import type { Endpoint } from './registry/endpoint.ts';
import type { Image, ImageConfig, Layer } from './manifest/image.ts';
import type { Lease } from './store/lease.ts';
import type { Index, Manifest } from './manifest/manifest.ts';
import type { Reference } from './manifest/reference.ts';
import type { ImageStore } from './store/store.ts';

export type PullProgress = Pick<ProgressEvent, 'id' | 'status' | 'current' | 'total'>;

export interface Pull {
  /** as typed: 'ubuntu', 'host:5000/a/b:tag', 'a@sha256:…' or an image id */
  reference: string;
  /** 'linux/arm64'; absent: this machine */
  platform?: string;
  auth?: RegistryAuth;
  /** missing: pull only when it is not in the store (run); always: ask the registry (pull); never: do not pull */
  policy: 'missing' | 'always' | 'never';
  /** called often, with each line of progress */
  progress(line: PullProgress): void;
  signal?: AbortSignal;
  /** one line for stderr; set when the practice registry answered */
  notice?: string;
  /** what the steps have found so far; begins as {} */
  state: PullState;
}

/** In the order in which the steps of runtime/steps/image/pull.ts set the fields. */
export interface PullState {
  ref?: Reference;
  /** the image in the store, if it is enough; then the steps that use a registry are skipped */
  found?: Image;
  /** a practice image in the store; used only while the real registry cannot be reached */
  practice?: Image;
  /** the endpoints to try when this one fails: those after a mirror */
  remaining?: Endpoint[];
  /** the client of the registry in use */
  client?: RegistryClient;
  /** the digest of the name, of the index if there is one; for "Digest: sha256:…" */
  digest?: string;
  index?: Index;
  manifest?: Manifest;
  manifestDigest?: string;
  config?: ImageConfig;
  /** protects fetched blobs and layers from collection until they are committed */
  lease?: Lease;
  layers?: Layer[];
  /** true: "Downloaded newer image"; false: "Image is up to date" */
  fresh?: boolean;
}

/** What the pull phase needs. `drydock pull` and POST /images/create run the same steps without a container. */
export interface PullContext {
  readonly settings: Settings;
  readonly images: ImageStore;
  pull: Pull;
  image?: Image;
}

/** A new pull, before its first step. */
export const newPull = (reference: string, policy: Pull['policy'], more: Partial<Pull> = {}): Pull => ({
  reference,
  policy,
  progress: () => undefined,
  state: {},
  ...more,
});
