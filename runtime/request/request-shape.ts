/**
 * What happens with each field of POST /containers/create that the Engine API has. It has an effect, or it is ignored
 * as dockerd ignores it, or rejected because it is not supported yet. Fields that the API does not have are ignored, as
 * in dockerd.
 */
import type { EndpointSettings } from './container-request.ts';
import { badParameter, ApiError } from '../errors/api-error.ts';

type Fields = Record<string, unknown>;
const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isText = (value: unknown): value is string => typeof value === 'string' && !value.includes('\0');

/** The type of a field. Absent fields, null and the type's zero value are always accepted. */
const kinds = {
  text: { is: isText, what: 'a string without NUL bytes' },
  flag: { is: (v: unknown) => typeof v === 'boolean', what: 'true or false' },
  whole: { is: (v: unknown) => Number.isSafeInteger(v), what: 'a whole number' },
  texts: { is: (v: unknown) => Array.isArray(v) && v.every(isText), what: 'a list of strings without NUL bytes' },
  numbers: {
    is: (v: unknown) => Array.isArray(v) && v.every((n) => Number.isSafeInteger(n)),
    what: 'a list of whole numbers',
  },
  objects: { is: (v: unknown) => Array.isArray(v) && v.length <= 8192 && v.every(isFields), what: 'a list of objects' },
  pairs: { is: (v: unknown) => isFields(v) && Object.values(v).every(isText), what: 'an object of strings' },
  object: { is: isFields, what: 'an object' },
} as const;
type Kind = keyof typeof kinds;

const fields = (table: Partial<Record<Kind, string>>): Map<string, Kind> =>
  new Map(
    Object.entries(table).flatMap(([kind, names]) =>
      names
        .trim()
        .split(/\s+/)
        .map((name) => [name, kind as Kind]),
    ),
  );

const containerFields = fields({
  text: 'Hostname Domainname User Image WorkingDir StopSignal MacAddress',
  flag: 'AttachStdin AttachStdout AttachStderr Tty OpenStdin StdinOnce ArgsEscaped NetworkDisabled',
  whole: 'StopTimeout',
  texts: 'Env Cmd Entrypoint Shell',
  pairs: 'Labels',
  object: 'ExposedPorts Volumes HostConfig NetworkingConfig Healthcheck',
});
const hostFields = fields({
  text: `ContainerIDFile NetworkMode CpusetCpus CpusetMems PidMode IpcMode UTSMode UsernsMode CgroupnsMode CgroupParent Runtime Isolation VolumeDriver`,
  flag: 'ReadonlyRootfs OomKillDisable Privileged Init AutoRemove PublishAllPorts ReadOnlyNonRecursive',
  whole: `Memory MemorySwap MemoryReservation MemorySwappiness OomScoreAdj NanoCpus CpuShares CpuQuota CpuPeriod PidsLimit BlkioWeight ShmSize KernelMemory KernelMemoryTCP`,
  texts: `Binds Dns DnsSearch DnsOptions ExtraHosts CapAdd CapDrop SecurityOpt DeviceCgroupRules MaskedPaths ReadonlyPaths GroupAdd Links VolumesFrom`,
  numbers: 'ConsoleSize',
  pairs: 'Tmpfs Sysctls Annotations',
  object: 'RestartPolicy LogConfig PortBindings',
  objects:
    'Mounts BlkioWeightDevice BlkioDeviceReadBps BlkioDeviceWriteBps BlkioDeviceReadIOps BlkioDeviceWriteIOps Ulimits Devices',
});
/** Objects within HostConfig. */
const partFields: Record<string, Map<string, Kind>> = {
  RestartPolicy: fields({ text: 'Name', whole: 'MaximumRetryCount' }),
  LogConfig: fields({ text: 'Type', pairs: 'Config' }),
  Ulimits: fields({ text: 'Name', whole: 'Soft Hard' }),
  Devices: fields({ text: 'PathOnHost PathInContainer CgroupPermissions' }),
  Mounts: fields({
    text: 'Type Source Target Consistency',
    flag: 'ReadOnly',
    object: 'BindOptions TmpfsOptions VolumeOptions ImageOptions',
  }),
  BlkioWeightDevice: fields({ text: 'Path', whole: 'Weight' }),
  ...Object.fromEntries(
    ['ReadBps', 'WriteBps', 'ReadIOps', 'WriteIOps'].map((name) => [
      `BlkioDevice${name}`,
      fields({ text: 'Path', whole: 'Rate' }),
    ]),
  ),
};

/** Fields that must be given, because the others mean nothing without them. */
const needed: Record<string, readonly string[]> = {
  Ulimits: ['Name', 'Soft', 'Hard'],
  Devices: ['PathOnHost'],
  Mounts: ['Type', 'Target'],
  BlkioWeightDevice: ['Path', 'Weight'],
  ...Object.fromEntries(
    ['ReadBps', 'WriteBps', 'ReadIOps', 'WriteIOps'].map((name) => [`BlkioDevice${name}`, ['Path', 'Rate']]),
  ),
};
const bindFields = fields({
  text: 'Propagation',
  flag: 'NonRecursive CreateMountpoint ReadOnlyNonRecursive ReadOnlyForceRecursive',
});
const volumeFields = fields({ text: 'Subpath', flag: 'NoCopy', pairs: 'Labels', object: 'DriverConfig' });
const imageFields = fields({ text: 'Subpath' });
const volumeDriverFields = fields({ text: 'Name', pairs: 'Options' });
const healthFields = fields({ texts: 'Test', whole: 'Interval Timeout StartPeriod StartInterval Retries' });
const tmpfsFields = fields({ whole: 'SizeBytes Mode' });
/** The fields of an endpoint that have an effect. A client may send back all fields that inspect returned. */
const endpointFields = fields({
  text: 'MacAddress',
  object: 'IPAMConfig',
  texts: 'Aliases Links',
  pairs: 'DriverOpts',
  whole: 'GwPriority',
});
const ipamFields = fields({ text: 'IPv4Address IPv6Address', texts: 'LinkLocalIPs' });

/**
 * Fields of the API that would change the container but are not supported yet. They are rejected when they ask for
 * something, because without them the container would not be what the user meant.
 */
const refused: Record<string, ReadonlyMap<string, string>> = {
  'HostConfig.': new Map(
    Object.entries({
      DeviceRequests:
        'could not select device driver "" with capabilities: [[gpu]]: GPUs and CDI devices (--gpus) are not supported',
      StorageOpt: "--storage-opt is supported only for overlay over xfs with 'pquota' mount option",
      CpuRealtimePeriod: 'kernel does not support CPU real-time scheduler',
      CpuRealtimeRuntime: 'kernel does not support CPU real-time scheduler',
      Cgroup: 'HostConfig.Cgroup is not supported yet',
    }),
  ),
  'HostConfig.Mounts.': new Map(
    Object.entries({
      ClusterOptions: 'cluster volumes are not supported',
    }),
  ),
};
/**
 * Fields of the API that dockerd on Linux ignores: those of builds, those of Windows, and those whose effect is always
 * on. Fields that no version of the API has are ignored too, as in dockerd, because clients send their own (`name` in
 * the body).
 */
const ignored: Record<string, ReadonlySet<string>> = {
  '': new Set(['OnBuild']),
  'HostConfig.': new Set(['CpuCount', 'CpuPercent', 'IOMaximumIOps', 'IOMaximumBandwidth', 'DiskQuota']),
};
/** Fields of an endpoint that the daemon returns but does not accept. */
const endpointTold = new Set([
  'NetworkID',
  'EndpointID',
  'Gateway',
  'IPAddress',
  'IPPrefixLen',
  'IPv6Gateway',
  'GlobalIPv6Address',
  'GlobalIPv6PrefixLen',
  'DNSNames',
]);

export type Fate = 'obeyed' | 'refused' | 'ignored';
/** What happens with a field, for the test that walks the API's types. `where` is a path as in an error's text. */
export function fateOf(where: string, name: string): Fate | undefined {
  const endpoint = 'NetworkingConfig.EndpointsConfig.*.';
  if (where === endpoint && endpointTold.has(name)) return 'ignored';
  const part = /^HostConfig\.(\w+)\.$/.exec(where)?.[1] ?? '';
  const known =
    {
      '': containerFields,
      'HostConfig.': hostFields,
      [endpoint]: endpointFields,
      'HostConfig.Mounts.BindOptions.': bindFields,
      'HostConfig.Mounts.TmpfsOptions.': tmpfsFields,
      'HostConfig.Mounts.VolumeOptions.': volumeFields,
      'HostConfig.Mounts.ImageOptions.': imageFields,
      'HostConfig.Mounts.VolumeOptions.DriverConfig.': volumeDriverFields,
    }[where] ?? partFields[part];
  if (known?.has(name)) return 'obeyed';
  return refused[where]?.has(name) ? 'refused' : ignored[where]?.has(name) ? 'ignored' : undefined;
}

const DEEPEST = 8;
/** Whether a value asks for something. Docker's clients send all fields: zero, empty and false ask for nothing. */
export function asks(value: unknown, depth = 0): boolean {
  if (depth > DEEPEST) return true;
  if (isFields(value)) return Object.values(value).some((one) => asks(one, depth + 1));
  if (Array.isArray(value)) return value.length > 0;
  return !(value === undefined || value === null || value === '' || value === 0 || value === false);
}

function checkFields(value: Fields, known: Map<string, Kind>, where: string): void {
  for (const [name, field] of Object.entries(value)) {
    const kind = known.get(name);
    if (kind && field !== undefined && field !== null && !kinds[kind].is(field))
      throw badParameter(`invalid ${where}${name}: it must be ${kinds[kind].what}`);
    const words = kind ? undefined : refused[where]?.get(name);
    if (words !== undefined && asks(field)) throw new ApiError(501, words);
  }
}

/**
 * Corrects the case of field names. Go's JSON reader ignores case and some clients rely on that: `hostConfig` is
 * HostConfig. If a name is there in its exact case too, that one is used.
 */
export function named(value: Fields, known: { has(name: string): boolean; keys(): Iterable<string> }): Fields {
  const names = new Map([...known.keys()].map((name) => [name.toLowerCase(), name]));
  const out: Fields = {};
  for (const [name, field] of Object.entries(value)) {
    const own = known.has(name) ? name : (names.get(name.toLowerCase()) ?? name);
    if (own === name || !Object.hasOwn(value, own))
      Object.defineProperty(out, own, { value: field, writable: true, enumerable: true, configurable: true });
  }
  return out;
}

const OLD_LIMITS = ['Memory', 'MemorySwap', 'CpuShares', 'CpusetCpus', 'VolumeDriver'];
/**
 * Old clients put limits beside Image instead of into HostConfig, and dockerd still takes those that HostConfig does
 * not have.
 */
function withOldLimits(request: Fields, body: Fields): Fields {
  const given = Object.entries(named(body, new Set(OLD_LIMITS))).filter(
    ([name, value]) => OLD_LIMITS.includes(name) && asks(value),
  );
  const { HostConfig: host = {} } = request;
  if (!given.length || !isFields(host ?? {})) return request;
  const absent = given.filter(([name]) => !asks((host as Fields | null)?.[name]));
  return { ...request, HostConfig: { ...(host as Fields | null), ...Object.fromEntries(absent) } };
}

/** The request with the field names of the API, without fields that the API does not have. */
export function canonicalRequest(body: Fields): Fields {
  const kept = (value: Fields, known: Map<string, Kind>, where: string): Fields =>
    Object.fromEntries(
      Object.entries(
        named(
          value,
          new Map([...known, ...[...(refused[where]?.keys() ?? [])].map((name) => [name, 'text'] as const)]),
        ),
      ).filter(([name]) => known.has(name) || refused[where]?.has(name)),
    );
  const request = withOldLimits(kept(body, containerFields, ''), body);
  const host = request['HostConfig'];
  if (!isFields(host)) return request;
  const own = kept(host, hostFields, 'HostConfig.');
  for (const [name, known] of Object.entries(partFields)) {
    const part = own[name];
    if (Array.isArray(part)) own[name] = part.map((one: unknown) => (isFields(one) ? named(one, known) : one));
    else if (isFields(part)) own[name] = named(part, known);
  }
  return { ...request, HostConfig: own };
}

/** The same for POST /containers/{id}/update, whose fields are those of HostConfig. */
export const canonicalUpdate = (body: Fields): Fields => canonicalRequest({ HostConfig: body })['HostConfig'] as Fields;

/** Checks the types of known fields only. Another function decides about the others. */
function checkTypes(value: unknown, known: Map<string, Kind>, where: string): void {
  if (!isFields(value)) return;
  checkFields(Object.fromEntries([...known.keys()].map((name) => [name, value[name]])), known, where);
}

/** The settings of one endpoint. Throws ApiError 400 for a field of another type. */
export function checkEndpointShape(endpoint: unknown, where: string): EndpointSettings {
  if (!isFields(endpoint)) throw badParameter(`invalid ${where.slice(0, -1)}: it must be an object`);
  const settings = named(endpoint, endpointFields);
  checkTypes(settings, endpointFields, where);
  checkTypes(settings['IPAMConfig'], ipamFields, `${where}IPAMConfig.`);
  return settings as EndpointSettings;
}

function checkEndpointTypes(networking: unknown): void {
  const endpoints = isFields(networking) ? networking['EndpointsConfig'] : undefined;
  if (endpoints !== undefined && endpoints !== null && !isFields(endpoints))
    throw badParameter('invalid NetworkingConfig.EndpointsConfig: it must be an object');
  for (const [name, endpoint] of Object.entries(endpoints ?? {})) {
    const where = `NetworkingConfig.EndpointsConfig.${name}.`;
    if (endpoint !== null) checkEndpointShape(endpoint, where);
  }
}

function checkPart(name: string, one: Fields, known: Map<string, Kind>): void {
  checkFields(one, known, `HostConfig.${name}.`);
  const absent = needed[name]?.find((field) => one[field] === undefined || one[field] === null);
  if (absent === 'Target' || (name === 'Mounts' && one['Target'] === ''))
    throw badParameter(`invalid mount config for type "${String(one['Type'])}": field Target must not be empty`);
  if (absent) throw badParameter(`invalid HostConfig.${name}: ${absent} is missing`);
  checkTypes(one['BindOptions'], bindFields, `HostConfig.${name}.BindOptions.`);
  checkTypes(one['TmpfsOptions'], tmpfsFields, `HostConfig.${name}.TmpfsOptions.`);
  checkTypes(one['ImageOptions'], imageFields, `HostConfig.${name}.ImageOptions.`);
  const volume = one['VolumeOptions'];
  checkTypes(volume, volumeFields, `HostConfig.${name}.VolumeOptions.`);
  if (isFields(volume))
    checkTypes(volume['DriverConfig'], volumeDriverFields, `HostConfig.${name}.VolumeOptions.DriverConfig.`);
}

/** Throws ApiError 400 for a wrong type, 501 for a field that asks for something that is not supported. */
export function checkShape(request: unknown): void {
  if (!isFields(request)) throw badParameter('the body must be a JSON object');
  checkFields(request, containerFields, '');
  const host = request['HostConfig'];
  if (!isFields(host)) throw badParameter('HostConfig must be an object');
  checkFields(host, hostFields, 'HostConfig.');
  checkTypes(request['Healthcheck'], healthFields, 'Healthcheck.');
  checkEndpointTypes(request['NetworkingConfig']);
  for (const [name, known] of Object.entries(partFields)) {
    const part = host[name];
    for (const one of Array.isArray(part) ? part : isFields(part) ? [part] : []) checkPart(name, one as Fields, known);
  }
}
