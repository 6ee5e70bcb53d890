/** `linux` of config.json: OCI runtime specification, "Linux Container Configuration". */
import { Checked } from '../../json/checked.ts';
import { ApiError, badParameter } from '../../errors/api-error.ts';
import { checkProfile } from '../seccomp/check-profile.ts';
import { compileSeccomp } from '../seccomp/compile.ts';
import type { Device, IdMapping, Linux, NamespaceType, Seccomp } from '../spec.ts';
import { sysctlOwner } from '../sysctl-owner.ts';
import { readResources } from './read-resources.ts';
import { refuseSet } from './unsupported.ts';

/** Whether a step can enter a namespace of this type that exists already. */
const TYPES: Readonly<Record<NamespaceType, boolean>> = {
  mount: false,
  pid: true,
  network: true,
  ipc: true,
  uts: true,
  user: false,
  cgroup: false,
  time: false,
};
const MAX_ID = 2 ** 32 - 1;
const isPath = (path: string) => path.startsWith('/') && !path.includes('\0');

function namespaces(linux: Checked): Linux['namespaces'] {
  const given = linux.has('namespaces') ? linux.list('namespaces', 64) : [];
  const found = given.map((one) => {
    const of = Checked.of('linux.namespaces', one);
    const [type, path] = [of.string('type'), of.optional('path') ?? ''];
    if (!Object.hasOwn(TYPES, type)) throw badParameter(`linux.namespaces: unknown type ${JSON.stringify(type)}`);
    if (path && !isPath(path))
      throw badParameter(`linux.namespaces: path ${JSON.stringify(path)} of ${type} is not absolute`);
    if (path && !TYPES[type as NamespaceType])
      throw new ApiError(501, `linux.namespaces: entering the ${type} namespace ${path} is not supported yet`);
    return { type: type as NamespaceType, ...(path && { path }) };
  });
  const twice = found.find(({ type }, j) => found.findIndex((other) => other.type === type) !== j);
  if (twice) throw badParameter(`linux.namespaces has ${twice.type} twice`);
  if (!found.some(({ type }) => type === 'mount'))
    throw new ApiError(501, 'linux.namespaces: a container without a mount namespace is not supported yet');
  return found;
}

/** Every id inside must be the same outside, because the files of the root are mounted as they are. */
function mappings(linux: Checked, name: 'uidMappings' | 'gidMappings'): IdMapping[] {
  return (linux.has(name) ? linux.list(name, 340) : []).map((row) => {
    const of = Checked.of(`linux.${name}`, row);
    const [containerID, hostID] = [of.integer('containerID', MAX_ID), of.integer('hostID', MAX_ID)];
    if (containerID !== hostID)
      throw new ApiError(501, `linux.${name}: mapping ${containerID} to ${hostID} is not supported yet`);
    return { containerID, hostID, size: of.integer('size', MAX_ID) };
  });
}

function devices(linux: Checked): Device[] {
  return (linux.has('devices') ? linux.list('devices', 4096) : []).map((row) => {
    const of = Checked.of('linux.devices', row);
    const [path, type] = [of.string('path'), of.string('type')];
    if (!isPath(path) || path.split('/').includes('..'))
      throw badParameter(`linux.devices: ${JSON.stringify(path)} is not an absolute path`);
    if (!['c', 'b', 'p', 'u'].includes(type))
      throw badParameter(`linux.devices: type ${JSON.stringify(type)} of ${path} is none of c, b, u, p`);
    const number = (name: string) => (of.has(name) ? of.integer(name, MAX_ID) : undefined);
    const [fileMode, uid, gid] = [number('fileMode'), number('uid'), number('gid')];
    return {
      path,
      type: type as Device['type'],
      major: number('major') ?? 0,
      minor: number('minor') ?? 0,
      ...(fileMode !== undefined && { fileMode: fileMode & 0o7777 }),
      ...(uid !== undefined && { uid }),
      ...(gid !== undefined && { gid }),
    };
  });
}

function paths(linux: Checked, name: 'maskedPaths' | 'readonlyPaths'): string[] {
  const given = linux.strings(name) ?? [];
  const wrong = given.find((path) => !isPath(path));
  if (wrong !== undefined) throw badParameter(`linux.${name}: ${JSON.stringify(wrong)} is not an absolute path`);
  return given;
}

/** Only parameters of a namespace that the container does not share with the host. */
function sysctls(linux: Checked, own: Linux['namespaces']): Record<string, string> {
  const given = linux.map('sysctl') ?? {};
  for (const [name, value] of Object.entries(given)) {
    const owner = sysctlOwner(name);
    if (!owner) throw badParameter(`sysctl "${name}" is not in a separate kernel namespace`);
    if (!own.some(({ type, path }) => type === owner && !path))
      throw badParameter(`sysctl "${name}" is not allowed in the hosts ${owner} namespace`);
    if (value.includes('\0')) throw badParameter(`linux.sysctl: the value of ${name} holds a NUL`);
  }
  return given;
}

function seccomp(linux: Checked): Seccomp | undefined {
  if (!linux.has('seccomp')) return undefined;
  refuseSet(linux.object('seccomp'), 'linux.seccomp.', ['listenerPath', 'listenerMetadata']);
  const { archMap: _, ...profile } = checkProfile(linux.raw('seccomp'));
  const found = profile as Seccomp;
  try {
    compileSeccomp(found);
  } catch (cause) {
    throw badParameter(`linux.seccomp: ${(cause as Error).message}`);
  }
  return found;
}

function timeOffsets(linux: Checked, all: Linux['namespaces']): Linux['timeOffsets'] {
  if (!linux.has('timeOffsets')) return undefined;
  if (!all.some(({ type }) => type === 'time'))
    throw badParameter('linux.timeOffsets needs a time namespace in linux.namespaces');
  const of = linux.object('timeOffsets');
  const clocks = (['monotonic', 'boottime'] as const).filter((clock) => of.has(clock));
  return Object.fromEntries(
    clocks.map((clock) => {
      const offset = of.object(clock);
      const secs = offset.has('secs') ? offset.raw('secs') : 0;
      if (!Number.isSafeInteger(secs)) throw badParameter(`linux.timeOffsets.${clock}.secs is no whole number`);
      return [
        clock,
        { secs: secs as number, nanosecs: offset.has('nanosecs') ? offset.integer('nanosecs', 999_999_999) : 0 },
      ];
    }),
  );
}

const PROPAGATIONS = ['', 'private', 'rprivate', 'slave', 'rslave', 'shared', 'rshared'];

/** Throws ApiError 400 for what the specification does not allow, 501 for what Drydock does not do. */
export function readLinux(linux: Checked): Linux {
  refuseSet(linux, 'linux.', ['intelRdt', 'personality', 'mountLabel', 'memoryPolicy', 'netDevices']);
  const all = namespaces(linux);
  const propagation = linux.optional('rootfsPropagation') ?? '';
  if (!PROPAGATIONS.includes(propagation))
    throw new ApiError(501, `linux.rootfsPropagation ${JSON.stringify(propagation)} is not supported yet`);
  const group = linux.optional('cgroupsPath') ?? '';
  if (group.includes('\0') || group.includes(':'))
    throw new ApiError(501, `linux.cgroupsPath ${JSON.stringify(group)} is not supported yet: it is no path`);
  const [uids, gids] = [mappings(linux, 'uidMappings'), mappings(linux, 'gidMappings')];
  const user = all.some(({ type }) => type === 'user');
  if (user && !(uids.length && gids.length))
    throw badParameter('linux.namespaces has user: linux.uidMappings and linux.gidMappings are needed');
  if (!user && (uids.length || gids.length)) throw badParameter('linux.uidMappings need a user namespace');
  const filter = seccomp(linux);
  const offsets = timeOffsets(linux, all);
  return {
    namespaces: all,
    ...(offsets && { timeOffsets: offsets }),
    ...(user && { uidMappings: uids, gidMappings: gids }),
    devices: devices(linux),
    cgroupsPath: group,
    resources: readResources(linux),
    ...(filter && { seccomp: filter }),
    sysctl: sysctls(linux, all),
    maskedPaths: paths(linux, 'maskedPaths'),
    readonlyPaths: paths(linux, 'readonlyPaths'),
    rootfsPropagation: propagation || 'rprivate',
  };
}
