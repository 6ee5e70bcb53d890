/** Finds a Walkable by id or name: a container, or else an operation. */
import { walkOf } from './container-walk.ts';
import type { ContainerHandle, Engine } from './engine.ts';
import { ApiError } from '../errors/api-error.ts';
import type { OperationHandle } from '../operation/record.ts';
import type { Walkable } from '../operation/walkable.ts';

export type Walked = { container: ContainerHandle } | { operation: OperationHandle };

/** Throws 404 in the words for containers when there is neither. */
export function find(engine: Engine, ref: string): Walked {
  try {
    return { container: engine.container(ref) };
  } catch (error) {
    if (!(error instanceof ApiError) || error.status !== 404) throw error;
    const operation = operationBy(engine, ref);
    if (!operation) throw error;
    return { operation };
  }
}

function operationBy(engine: Engine, ref: string): OperationHandle | undefined {
  try {
    return engine.operation(ref);
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return undefined;
    throw error;
  }
}

export const walkableOf = (walked: Walked): Walkable =>
  'container' in walked ? walkOf(walked.container) : walked.operation;
export const walkable = (engine: Engine, ref: string): Walkable => walkableOf(find(engine, ref));
