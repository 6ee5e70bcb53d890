/** docker update: changes limits of an existing container, at once if it is running. */
import type { Kernel } from '../kernel/kernel.ts';
import { checkResources } from '../oci/check-resources.ts';
import { memorySwapOf, resourcesOf } from '../oci/resources.ts';
import type { Container } from './container.ts';
import { badParameter, conflict } from '../errors/api-error.ts';
import { checkShape, fateOf, type Fate } from '../request/request-shape.ts';
import type { FindNetwork } from '../network/request/wanted.ts';
import type { HostConfig } from '../request/container-request.ts';
import { validateRequest } from './validate.ts';

/** Its networks were checked when it was created or connected, and an update changes none. */
const anyNetwork: FindNetwork = (ref) => ({
  id: ref,
  name: ref,
  driver: 'bridge',
  internal: false,
  configured: true,
  has: () => true,
});

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
 * How an update handles a field of the body. A field that create uses or refuses but that no update can change is
 * refused; a field that create ignores or that the API does not have is ignored.
 */
export const fateOfUpdate = (name: string): Fate | undefined => {
  if (changeable.has(name as keyof HostConfig)) return 'obeyed';
  const fate = fateOf('HostConfig.', name);
  return fate === 'obeyed' ? 'refused' : fate;
};

/** The client sends every field. A zero value is not a change, except a pids limit of 0, which removes the limit. */
const isGiven = (name: string, value: unknown) =>
  name === 'PidsLimit'
    ? value !== undefined && value !== null
    : value !== undefined &&
      value !== null &&
      value !== 0 &&
      value !== '' &&
      value !== false &&
      !(Array.isArray(value) && !value.length) &&
      !(typeof value === 'object' && !Array.isArray(value) && Object.values(value as object).every((v) => !v));

/** Changes that conflict with earlier settings, in dockerd's order: the first one is reported. */
const conflicts: [wrong: (before: HostConfig, change: Partial<HostConfig>) => boolean, message: string][] = [
  [
    ({ CpuPeriod = 0 }, { NanoCpus = 0 }) => NanoCpus > 0 && CpuPeriod > 0,
    'Conflicting options: Nano CPUs cannot be updated as CPU Period has already been set',
  ],
  [
    ({ CpuQuota = 0 }, { NanoCpus = 0 }) => NanoCpus > 0 && CpuQuota > 0,
    'Conflicting options: Nano CPUs cannot be updated as CPU Quota has already been set',
  ],
  [
    ({ NanoCpus = 0 }, { CpuPeriod = 0 }) => NanoCpus > 0 && CpuPeriod > 0,
    'Conflicting options: CPU Period cannot be updated as NanoCPUs has already been set',
  ],
  [
    ({ NanoCpus = 0 }, { CpuQuota = 0 }) => NanoCpus > 0 && CpuQuota > 0,
    'Conflicting options: CPU Quota cannot be updated as NanoCPUs has already been set',
  ],
  [
    // an update without Memory is none of this: the swap limit may be -1, which is below 0
    (before, { Memory = 0, MemorySwap = 0 }) => MemorySwap === 0 && Memory > 0 && Memory > memorySwapOf(before),
    'Memory limit should be smaller than already set memoryswap limit, update the memoryswap at the same time',
  ],
  [
    ({ AutoRemove }, { RestartPolicy }) =>
      !!AutoRemove && ['always', 'on-failure', 'unless-stopped'].includes(RestartPolicy?.Name ?? ''),
    'Restart policy cannot be updated because AutoRemove is enabled for the container',
  ],
];

export async function applyUpdate(
  k: Kernel,
  c: Container,
  changes: Partial<HostConfig>,
  running: boolean,
): Promise<string[]> {
  const given = Object.entries(changes).filter(([name, value]) => isGiven(name, value)) as [
    keyof HostConfig,
    unknown,
  ][];
  const fixed = given.find(([name]) => !changeable.has(name));
  if (fixed) throw badParameter(`${fixed[0]} cannot be changed after the container was created`);
  const change = Object.fromEntries(given) as Partial<HostConfig>;
  const before = c.request.HostConfig;
  // invalid values are reported before conflicts with earlier settings
  checkShape({ HostConfig: change });
  checkResources({ ...change, MemorySwap: change.Memory ? (change.MemorySwap ?? 0) : 0 });
  const conflicting = conflicts.find(([wrong]) => wrong(before, change));
  if (conflicting) throw conflict(`Cannot update container ${c.id}: ${conflicting[1]}`);
  if (typeof change.PidsLimit === 'number') change.PidsLimit = Math.max(0, change.PidsLimit);
  // keep the swap limit that a create without one got
  const next: HostConfig = { ...before, MemorySwap: memorySwapOf(before), ...change };
  const warnings = validateRequest({ ...c.request, HostConfig: next }, c.settings, anyNetwork);
  const limits = resourcesOf(next);
  if (running) warnings.push(...(await c.cgroup.limit(k, limits)));
  Object.assign(before, next);
  if (c.bundle) c.bundle.limits = limits;
  return warnings;
}
