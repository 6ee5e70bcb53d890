/** --ulimit → RLIMIT_*: getrlimit(2). */
import { badParameter } from '../errors/api-error.ts';
import type { HostConfig } from '../request/container-request.ts';
import type { Process } from './spec.ts';
import { ulimitNames } from './ulimit-names.ts';

/** -1 means unlimited. Throws ApiError 400. */
export function rlimitsOf(ulimits: HostConfig['Ulimits']): NonNullable<Process['rlimits']> {
  return (ulimits ?? []).map(({ Name, Soft, Hard }) => {
    if (!ulimitNames.includes(Name))
      throw badParameter(`invalid ulimit type: ${Name}; known are ${ulimitNames.join(', ')}`);
    if (![Soft, Hard].every((n) => Number.isSafeInteger(n) && n >= -1))
      throw badParameter(`invalid ulimit ${Name}=${Soft}:${Hard}; give whole numbers, or -1 for unlimited`);
    if (Hard !== -1 && (Soft === -1 || Soft > Hard))
      throw badParameter(`ulimit soft limit must be less than or equal to hard limit: ${Soft} > ${Hard}`);
    return { type: `RLIMIT_${Name.toUpperCase()}`, soft: Soft, hard: Hard };
  });
}
