/** The options and the result of a push. */
import type { Platform } from '../image/manifest/manifest.ts';
import type { Reference } from '../image/manifest/reference.ts';
import type { PullProgress } from '../image/pull.ts';
import type { RegistryAuth } from '../image/registry/auth.ts';
import type { Walking } from '../operation/walking.ts';

export interface Pushed {
  tag: string;
  digest: string;
  /** bytes of the manifest */
  size: number;
}
export interface PushOptions extends Walking {
  /** without a tag: all tags of the repository */
  reference: Reference;
  platform?: Platform | undefined;
  auth?: RegistryAuth | undefined;
  progress?(line: PullProgress): void;
  /** called for each tag, when it is there */
  pushed?(one: Pushed): void;
}
