/** The options and the result of a pull without a container. */
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
  /** aborted when the client has gone */
  signal?: AbortSignal;
  gate?: GateOptions;
  /** called before the first step */
  begun?(operation: OperationHandle): void;
}
export interface Pulled {
  image: Image;
  fresh: boolean;
  digest?: string;
  notice?: string;
}

/** Resolves when the pull has its id. A later failure is in its journal and in its record. */
export const begunPull = (
  engine: { pull(options: PullOptions): Promise<Pulled> },
  options: PullOptions,
): Promise<OperationHandle> => new Promise((begun, failed) => void engine.pull({ ...options, begun }).catch(failed));
