/** `mounts` of config.json: OCI runtime specification, "Mounts". */
import { isAbsolute, posix, resolve } from 'node:path';
import { Checked } from '../../json/checked.ts';
import { ApiError, badParameter } from '../../errors/api-error.ts';
import type { Mount } from '../spec.ts';
import { refuseSet } from './unsupported.ts';

/** Kernel file systems, each with the one place at which a step mounts it. */
const PLACES: Readonly<Record<string, string>> = {
  proc: '/proc',
  sysfs: '/sys',
  devpts: '/dev/pts',
  mqueue: '/dev/mqueue',
  cgroup: '/sys/fs/cgroup',
  cgroup2: '/sys/fs/cgroup',
};
const hasNul = (...texts: string[]) => texts.some((text) => text.includes('\0'));

/** The source of a bind may be relative to the bundle. */
function mount(of: Checked, bundle: string): Mount {
  refuseSet(of, 'mounts: ', ['uidMappings', 'gidMappings']);
  const given = of.string('destination');
  const destination = posix.normalize(given).replace(/(.)\/$/, '$1');
  const options = of.strings('options') ?? [];
  const binds = options.some((option) => option === 'bind' || option === 'rbind');
  const type = binds ? 'bind' : (of.optional('type') ?? '');
  const source = of.optional('source') ?? '';
  if (!given.startsWith('/') || destination === '/' || hasNul(given))
    throw badParameter(`mounts: the destination ${JSON.stringify(given)} is not an absolute path below /`);
  if (hasNul(source, type, ...options)) throw badParameter(`mounts: ${destination} has a text with a NUL`);
  if (type === '' || type === 'none') throw badParameter(`mounts: ${destination} has no type`);
  if (type === 'bind' && !binds) throw badParameter(`mounts: ${destination} has neither the option bind nor rbind`);
  if (type === 'bind' && !source) throw badParameter(`mounts: the bind at ${destination} has no source`);
  const place = Object.hasOwn(PLACES, type) ? PLACES[type] : undefined;
  if (place && place !== destination)
    throw new ApiError(501, `mounts: a ${type} at ${destination} is not supported yet, only at ${place}`);
  return {
    destination,
    type,
    source: type === 'bind' && !isAbsolute(source) ? resolve(bundle, source) : source || type,
    options,
  };
}

/**
 * In the order of the file. The steps need a procfs and a /dev: they look up /proc/sys and the device nodes there and
 * nowhere else. Throws ApiError 400 or 501.
 */
export function readMounts(config: Checked, what: string, bundle: string): Mount[] {
  const given = config.has('mounts') ? config.list('mounts', 4096) : [];
  const mounts = given.map((one, j) => mount(Checked.of(`${what}: mounts[${j}]`, one), bundle));
  const twice = mounts.find(({ destination }, j) => PLACED.has(destination) && index(mounts, destination) !== j);
  if (twice) throw new ApiError(501, `mounts: two mounts at ${twice.destination} are not supported yet`);
  for (const needed of ['/proc', '/dev'])
    if (index(mounts, needed) < 0)
      throw new ApiError(501, `mounts: a root without a mount at ${needed} is not supported yet`);
  return mounts;
}
const PLACED = new Set([...Object.values(PLACES), '/dev', '/dev/shm']);
const index = (mounts: readonly Mount[], at: string) => mounts.findIndex(({ destination }) => destination === at);
