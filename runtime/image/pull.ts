/** The pull phase's own state: what was asked for, and what its steps have found so far. */
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
  /** 'linux/arm64', absent: this machine */
  platform?: string;
  auth?: RegistryAuth;
  /** missing: only what is not in the store (run); always: ask the registry (pull); never */
  policy: 'missing' | 'always' | 'never';
  /** told of every line of progress; called often */
  progress(line: PullProgress): void;
  signal?: AbortSignal;
  /** set when the practice registry answered; one line for stderr */
  notice?: string;
  /** what the steps have found so far; begins as {} */
  state: PullState;
}

/** In the order in which runtime/steps/image/pull.ts fills it in. */
export interface PullState {
  ref?: Reference;
  /** what the store has under this name, if it counts: the steps that speak to a registry are passed over then */
  found?: Image;
  /** a practice image in the store: good only while the real registry cannot be reached */
  practice?: Image;
  /** where to ask when this registry cannot help: what comes after a mirror */
  remaining?: Endpoint[];
  /** the registry that is asked */
  client?: RegistryClient;
  /** what the name stands for: of an index if there is one. For "Digest: sha256:…" */
  digest?: string;
  index?: Index;
  manifest?: Manifest;
  manifestDigest?: string;
  config?: ImageConfig;
  /** keeps what was fetched from being collected before it is committed */
  lease?: Lease;
  layers?: Layer[];
  /** true: "Downloaded newer image", false: "Image is up to date" */
  fresh?: boolean;
}

/** All that the pull phase needs: `drydock pull` and POST /images/create run the same steps without a container. */
export interface PullContext {
  readonly settings: Settings;
  readonly images: ImageStore;
  pull: Pull;
  image?: Image;
}

/** A pull that has not begun. */
export const newPull = (reference: string, policy: Pull['policy'], more: Partial<Pull> = {}): Pull => ({
  reference,
  policy,
  progress: () => undefined,
  state: {},
  ...more,
});
