/** Finds an operation by its id or a prefix of it. */
import { badParameter, notFound } from '../errors/api-error.ts';
import type { OperationHandle } from './record.ts';

/** Throws ApiError: 404 `No such operation: x`, 400 when the prefix fits several. */
export function findOperation(all: readonly OperationHandle[], ref: string): OperationHandle {
  const exact = all.find(({ id }) => id === ref);
  if (exact) return exact;
  const byPrefix = /^[0-9a-f]+$/.test(ref) ? all.filter(({ id }) => id.startsWith(ref)) : [];
  if (byPrefix.length > 1) throw badParameter(`multiple operations found with the id prefix ${ref}`);
  if (!byPrefix[0]) throw notFound(`No such operation: ${ref}`);
  return byPrefix[0];
}
