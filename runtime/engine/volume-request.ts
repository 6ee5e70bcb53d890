/** The requests about volumes, and their results. */
import type { GateOptions } from '../operation/gate-command.ts';
import type { OperationHandle } from '../operation/record.ts';

/** Without a name, or with one that no user gave, the volume is anonymous. */
export interface VolumeRequest {
  name?: string;
  anonymous?: boolean;
  driver?: string;
  options?: Readonly<Record<string, string>> | null;
  labels?: Readonly<Record<string, string>> | null;
}
export interface Walking {
  gate?: GateOptions;
  /** called before the first step */
  begun?(operation: OperationHandle): void;
}
export interface Pruned {
  names: string[];
  /** bytes that became free */
  bytes: number;
}

/** Resolves when the operation has its id. A later failure is in its journal and in its record. */
export const begunBy = (work: (walking: Pick<Walking, 'begun'>) => Promise<unknown>): Promise<OperationHandle> =>
  new Promise((begun, failed) => void work({ begun }).catch(failed));
