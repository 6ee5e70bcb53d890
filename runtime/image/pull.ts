/** The pull phase's own state: what was asked for, and what its steps have found so far. */
import type { ProgressEvent } from '../journal/event.ts';

export type PullProgress = Pick<ProgressEvent, 'id' | 'status' | 'current' | 'total'>;
export interface RegistryAuth { username?: string; password?: string; identitytoken?: string; registrytoken?: string; serveraddress?: string }

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
  /** the steps' scratch, typed by the image folder */
  state: Record<string, unknown>;
}
