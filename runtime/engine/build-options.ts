/** The request of a build, as the server hands it on. */
import type { BuildRequest } from '../build/build.ts';
import type { GateOptions } from '../operation/gate-command.ts';
import type { OperationHandle } from '../operation/record.ts';

export interface BuildOptions extends BuildRequest {
  /** aborted when the client has gone */
  signal?: AbortSignal;
  gate?: GateOptions;
  /** called before the first step */
  begun?(operation: OperationHandle): void;
}
