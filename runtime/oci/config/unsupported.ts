/** Fields of the runtime specification that Drydock does not act on. A container that needs them must not start. */
import type { Checked } from '../../json/checked.ts';
import { ApiError } from '../../errors/api-error.ts';

function isSet(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0;
  if (typeof value === 'object' && value !== null) return Object.values(value).some(isSet);
  return Boolean(value);
}

/** Throws ApiError 501 when one of the fields has a value other than an empty one. `where` is '' or 'linux.'. */
export function refuseSet(of: Checked, where: string, names: readonly string[]): void {
  const found = names.find((name) => isSet(of.raw(name)));
  if (found !== undefined) throw new ApiError(501, `${where}${found} is not supported yet`);
}
