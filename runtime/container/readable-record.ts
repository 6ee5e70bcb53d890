/**
 * Checks whether a file is the record of a container. It may be damaged, foreign, or of another version, and must not
 * stop the daemon.
 */
import { driverNames } from '../network/endpoint.ts';
import { containerMachine } from './container.machine.ts';
import { Checked } from '../json/checked.ts';
import { readResources } from '../oci/config/read-resources.ts';
import { isHealth } from './health.ts';
import { checkShape } from '../request/request-shape.ts';
import { executors, type ExecutorName } from '../executor/driver.ts';
import { isMountPoint } from '../volume/mount-point.ts';
import { storageDrivers } from '../storage/driver.ts';

type Fields = Record<string, unknown>;
type Check = (value: unknown) => boolean;
const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const text: Check = (value) => typeof value === 'string';
const number: Check = (value) => typeof value === 'number' && Number.isFinite(value);
const count: Check = (value) => Number.isSafeInteger(value) && (value as number) >= 0;
const truth: Check = (value) => typeof value === 'boolean';
const isPath: Check = (value) => text(value) && (value as string).startsWith('/');
const texts: Check = (value) => Array.isArray(value) && value.every(text);
const optional =
  (is: Check): Check =>
  (value) =>
    value === undefined || is(value);

const endpoint: Record<string, Check> = {
  driver: (value) => driverNames.some((name) => name === value),
  // the network's leases are in a directory of this name
  network: (value) =>
    text(value) && (/^[a-z0-9][\w.-]*$/i.test(value as string) || /^container:/.test(value as string)),
  endpointID: text,
  ifname: optional(text),
  // the link of this name is deleted later, so it must be a name that Drydock gives
  hostLink: optional((value) => text(value) && /^veth[0-9a-f]{1,11}$/.test(value as string)),
  container: optional(text),
  hostname: optional(text),
  address: optional(text),
  prefix: optional(count),
  gateway: optional(text),
  mac: optional(text),
  requestedAddress: optional(text),
  requestedMac: optional(text),
};
/** The same check as for what config.json says. */
const isLimits: Check = (value) => {
  try {
    readResources(Checked.of('the limits of an update', { resources: value ?? {} }));
    return true;
  } catch {
    return false;
  }
};
const isCheckpointing: Check = (value) =>
  isFields(value) &&
  isPath(value['path']) &&
  isPath(value['partial']) &&
  /\/\.[\w.-]+\.partial$/.test(value['partial'] as string) &&
  truth(value['exits']);
const record: Record<string, Check> = {
  name: (value) => text(value) && value !== '',
  created: number,
  platform: optional(text),
  image: optional(text),
  storage: optional((value) => value === 'bundle' || storageDrivers.includes(value as never)),
  bundle: optional(
    (value) => isFields(value) && isPath(value['dir']) && isPath(value['root']) && isLimits(value['limits']),
  ),
  executor: optional((value) => executors.includes(value as ExecutorName)),
  machine: (value) => text(value) && Object.hasOwn(containerMachine.states, value as string),
  error: text,
  runs: count,
  pid: count,
  exitCode: number,
  oomKilled: truth,
  startedAt: number,
  finishedAt: number,
  restartCount: count,
  stopped: truth,
  dead: optional(truth),
  warnings: texts,
  left: optional(texts),
  mounts: optional((value) => Array.isArray(value) && value.every(isMountPoint)),
  undeclared: optional(truth),
  takesVolumes: optional(truth),
  health: optional(isHealth),
  // both directories are removed
  checkpointing: optional(isCheckpointing),
  operations: optional((value) => Array.isArray(value) && value.every(isFields)),
};

function wrongField(value: Fields, checks: Record<string, Check>): string | undefined {
  return Object.keys(checks).find((name) => !checks[name]!(value[name]));
}

/**
 * Converts a record of version 0.1 or 0.2: there a container had one network with a mode, and now it has a list of
 * endpoints.
 */
export function upgraded(value: unknown): unknown {
  if (!isFields(value) || !isFields(value['network']) || value['endpoints'] !== undefined) return value;
  const { network, ...rest } = value;
  const { mode, name, hostLink, ...same } = network;
  const bridge = mode === 'bridge' && { ifname: 'eth0', hostLink };
  return { ...rest, endpoints: [{ driver: mode, network: name, ...same, ...bridge }] };
}

/** Undefined for a valid record, otherwise what is wrong with it. */
export function recordFault(value: unknown, id: string): string | undefined {
  if (!isFields(value)) return 'it is no object';
  if (value['id'] !== id) return `it is the record of ${JSON.stringify(value['id'])}`;
  const field = wrongField(value, record);
  if (field) return `${field} is ${JSON.stringify(value[field])?.slice(0, 60)}`;
  const endpoints = value['endpoints'];
  if (!Array.isArray(endpoints) || !endpoints.every(isFields)) return 'endpoints is no list of objects';
  for (const one of endpoints) {
    const wrong = wrongField(one, endpoint);
    if (wrong) return `${wrong} of an endpoint is ${JSON.stringify(one[wrong])?.slice(0, 60)}`;
  }
  if (!isFields(value['request']) || !text(value['request']['Image'])) return 'request.Image is no string';
  try {
    checkShape(value['request']);
  } catch (error) {
    return `request: ${(error as Error).message}`;
  }
  return undefined;
}
