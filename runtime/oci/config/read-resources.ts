/** `linux.resources` of config.json: OCI runtime specification, "Control groups". */
import { Checked } from '../../json/checked.ts';
import { badParameter } from '../../errors/api-error.ts';
import { defaultDeviceRules } from '../default-spec.ts';
import type { DeviceRule, Resources, ThrottleDevice, WeightDevice } from '../spec.ts';
import { refuseSet } from './unsupported.ts';

const MOST = Number.MAX_SAFE_INTEGER;

/** The whole numbers of these fields, from `least`. Fields that are absent or null are left out. */
function numbers<K extends string>(
  of: Checked,
  where: string,
  fields: Readonly<Record<K, number>>,
): Partial<Record<K, number>> {
  const found: Partial<Record<K, number>> = {};
  for (const name of Object.keys(fields) as K[]) {
    if (!of.has(name)) continue;
    const value = of.raw(name);
    if (!Number.isSafeInteger(value) || (value as number) < fields[name])
      throw badParameter(`${where}.${name} is ${JSON.stringify(value)}; give a whole number from ${fields[name]}`);
    found[name] = value as number;
  }
  return found;
}

function memory(resources: Checked): Resources['memory'] {
  if (!resources.has('memory')) return undefined;
  const of = resources.object('memory');
  refuseSet(of, 'linux.resources.memory.', ['kernelTCP', 'checkBeforeUpdate']);
  return {
    ...numbers(of, 'linux.resources.memory', { limit: -1, reservation: -1, swap: -1, swappiness: 0 }),
    ...(of.flag('disableOOMKiller') && { disableOOMKiller: true }),
  };
}

function cpu(resources: Checked): Resources['cpu'] {
  if (!resources.has('cpu')) return undefined;
  const of = resources.object('cpu');
  refuseSet(of, 'linux.resources.cpu.', ['burst', 'realtimeRuntime', 'realtimePeriod', 'idle']);
  const [cpus, mems] = [of.optional('cpus'), of.optional('mems')];
  return {
    ...numbers(of, 'linux.resources.cpu', { shares: 0, quota: -1, period: 0 }),
    ...(cpus && { cpus }),
    ...(mems && { mems }),
  };
}

const THROTTLES = [
  'throttleReadBpsDevice',
  'throttleWriteBpsDevice',
  'throttleReadIOPSDevice',
  'throttleWriteIOPSDevice',
] as const;

function blockIO(resources: Checked): Resources['blockIO'] {
  if (!resources.has('blockIO')) return undefined;
  const of = resources.object('blockIO');
  refuseSet(of, 'linux.resources.blockIO.', ['leafWeight']);
  const lists = THROTTLES.filter((name) => of.has(name)).map((name) => {
    const rows = of.list(name, 1024).map((row): ThrottleDevice => {
      const device = Checked.of(`linux.resources.blockIO.${name}`, row);
      return {
        major: device.integer('major', MOST),
        minor: device.integer('minor', MOST),
        rate: device.integer('rate', MOST),
      };
    });
    return [name, rows] as const;
  });
  const weightDevice = !of.has('weightDevice')
    ? []
    : of.list('weightDevice', 1024).map((row): WeightDevice => {
        const device = Checked.of('linux.resources.blockIO.weightDevice', row);
        return {
          major: device.integer('major', MOST),
          minor: device.integer('minor', MOST),
          weight: device.integer('weight', 1000),
        };
      });
  return {
    ...numbers(of, 'linux.resources.blockIO', { weight: 0 }),
    ...(weightDevice.length && { weightDevice }),
    ...Object.fromEntries(lists),
  };
}

/** -1 and an absent number mean: any device number. */
function deviceRule(value: unknown): DeviceRule {
  const of = Checked.of('linux.resources.devices', value);
  const type = of.optional('type') ?? 'a';
  const access = of.optional('access') ?? 'rwm';
  if (!['a', 'b', 'c'].includes(type))
    throw badParameter(`linux.resources.devices: type ${JSON.stringify(type)} is none of a, b, c`);
  if (!/^[rwm]{1,3}$/.test(access))
    throw badParameter(`linux.resources.devices: access ${JSON.stringify(access)} is not made of r, w and m`);
  const { major = -1, minor = -1 } = numbers(of, 'linux.resources.devices', { major: -1, minor: -1 });
  return { allow: of.flag('allow'), type: type as 'a' | 'b' | 'c', major, minor, access };
}

/** The bundle's rules, and after them those for the nodes that every container gets, as runc adds them. */
function deviceRules(resources: Checked | undefined): DeviceRule[] {
  const given = resources?.has('devices') ? resources.list('devices', 1024).map(deviceRule) : [];
  const [all, ...allowed] = defaultDeviceRules;
  return [...(given.length ? given : [all!]), ...allowed];
}

export function readResources(linux: Checked): Resources {
  const of = linux.has('resources') ? linux.object('resources') : undefined;
  if (of) refuseSet(of, 'linux.resources.', ['hugepageLimits', 'network', 'rdma', 'unified', 'intelRdt']);
  const parts = {
    memory: of && memory(of),
    cpu: of && cpu(of),
    blockIO: of && blockIO(of),
    pids: of?.has('pids') ? numbers(of.object('pids'), 'linux.resources.pids', { limit: -1 }) : undefined,
  };
  const given = Object.entries(parts).filter(([, part]) => part && Object.keys(part).length);
  return { devices: deviceRules(of), ...(Object.fromEntries(given) as Omit<Resources, 'devices'>) };
}
