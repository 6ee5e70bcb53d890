/** The options of a commit: POST /commit. */
import type { Execution } from '../image/changes/changes.ts';
import type { GateOptions } from '../operation/gate-command.ts';
import type { OperationHandle } from '../operation/record.ts';

export interface CommitOptions {
  /** name or id of the container */
  container: string;
  repository?: string;
  tag?: string;
  author?: string;
  comment?: string;
  /** instructions of a Dockerfile */
  changes?: readonly string[];
  /** instead of the container's config; what is missing in it comes from the container */
  config?: Execution;
  /** absent: the container stands still while its files are read */
  pause?: boolean;
  /** aborted when the client has gone */
  signal?: AbortSignal;
  gate?: GateOptions;
  /** called before the first step */
  begun?(operation: OperationHandle): void;
}
