/** docker update: limits of a container that exists, at once if it runs. */
import type { Kernel } from '../kernel/kernel.ts';
import { resourcesOf } from '../oci/resources.ts';
import type { Container } from './container.ts';
import { badParameter } from './refusal.ts';
import { fateOf, type Fate } from './request-shape.ts';
import type { HostConfig } from './request.ts';
import { validateRequest } from './validate.ts';

const changeable = new Set<keyof HostConfig>([
  'Memory',
  'MemorySwap',
  'MemoryReservation',
  'NanoCpus',
  'CpuShares',
  'CpuQuota',
  'CpuPeriod',
  'CpusetCpus',
  'CpusetMems',
  'PidsLimit',
  'BlkioWeight',
  'RestartPolicy',
]);
/**
 * What becomes of a field of the body: what a create obeys or refuses and no update can change is refused, what a
 * create ignores, and what the API does not have, is ignored.
 */
export const fateOfUpdate = (name: string): Fate | undefined => {
  if (changeable.has(name as keyof HostConfig)) return 'obeyed';
  const fate = fateOf('HostConfig.', name);
  return fate === 'obeyed' ? 'refused' : fate;
};

/** The client sends every field; zero values are not changes. */
const isGiven = (value: unknown) =>
  value !== undefined &&
  value !== null &&
  value !== 0 &&
  value !== '' &&
  value !== false &&
  !(Array.isArray(value) && !value.length) &&
  !(typeof value === 'object' && !Array.isArray(value) && Object.values(value as object).every((v) => !v));

export async function applyUpdate(
  k: Kernel,
  c: Container,
  changes: Partial<HostConfig>,
  running: boolean,
): Promise<string[]> {
  const given = Object.entries(changes).filter(([, value]) => isGiven(value)) as [keyof HostConfig, unknown][];
  const fixed = given.find(([name]) => !changeable.has(name));
  if (fixed) throw badParameter(`${fixed[0]} cannot be changed after the container was created`);
  const next = { ...c.request.HostConfig, ...Object.fromEntries(given) } as HostConfig;
  const warnings = validateRequest({ ...c.request, HostConfig: next }, c.settings);
  if (running) warnings.push(...(await c.cgroup.limit(k, resourcesOf(next))));
  Object.assign(c.request.HostConfig, next);
  return warnings;
}
