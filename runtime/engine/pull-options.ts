/** A pull without a container, as it is asked for and as it is answered. */
import type { RegistryAuth } from '../image/registry/auth.ts';
import type { Image } from '../image/manifest/image.ts';
import type { Pull } from '../image/pull.ts';
import type { GateOptions } from '../operation/gate-command.ts';
import type { OperationHandle } from '../operation/record.ts';

export interface PullOptions {
  reference: string;
  platform?: string;
  auth?: RegistryAuth;
  progress?: Pull['progress'];
  /** the client has gone */
  signal?: AbortSignal;
  gate?: GateOptions;
  /** told before the first step */
  begun?(operation: OperationHandle): void;
}
export interface Pulled {
  image: Image;
  fresh: boolean;
  digest?: string;
  notice?: string;
}
