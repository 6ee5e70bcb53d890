/** How a client wants an operation performed: who ends it early, where it is held, and who is told its id. */
import { conflict } from '../errors/api-error.ts';
import type { GateOptions } from './gate-command.ts';
import type { OperationHandle } from './record.ts';

export interface Walking {
  /** aborted when the client has gone: then everything is undone */
  signal?: AbortSignal | undefined;
  /** where it is held; absent: nowhere */
  gate?: GateOptions | undefined;
  /** called before the first step */
  begun?: ((operation: OperationHandle) => void) | undefined;
}

/**
 * Resolves when the operation has its id. A later failure is in its journal and in its record. Something that needs no
 * steps, such as a volume that exists already, has no operation: ApiError 409.
 */
export const begunBy = (work: (walking: Pick<Walking, 'begun'>) => Promise<unknown>): Promise<OperationHandle> =>
  new Promise((begun, failed) => {
    work({ begun }).then(() => failed(conflict('this had no steps; it is done')), failed);
  });
