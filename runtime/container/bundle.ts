/** Builds config.json from the image's config, the request and Docker's defaults. */
import { posix } from 'node:path';
import type { Image } from '../image/manifest/image.ts';
import type { Container } from './container.ts';
import type { ContainerConfig, HostConfig } from '../request/container-request.ts';
import { namespaceOf } from '../drivers/network.ts';
import { capabilitySets, chooseCapabilities } from '../oci/capabilities.ts';
import { DEFAULT_SHM_SIZE, defaultMounts, maskedPathsHere, OCI_VERSION, readonlyPaths } from '../oci/default-spec.ts';
import { devicesOf } from '../oci/devices.ts';
import { hostnameOf, mergeConfig, processArgs, processEnv } from './merge.ts';
import { byDepth, userMounts } from '../oci/user-mounts.ts';
import { volumePaths } from '../volume/volume.ts';
import { imageTree, specMount } from './mount-points.ts';
import type { MountPoint } from '../volume/mount-point.ts';
import { choiceOf, IDENTITY, namespacesOf } from './namespaces.ts';
import { resourcesOf } from '../oci/resources.ts';
import { rlimitsOf } from '../oci/rlimits.ts';
import { seccompFor } from '../oci/seccomp/profile.ts';
import { securityOptions } from '../oci/security-opt.ts';
import type { Linux, Mount, Process, Spec } from '../oci/spec.ts';
import { timeOffsets } from '../oci/time.ts';
import { sysctlsOf } from './sysctls.ts';

export type SpecSource = Pick<Container, 'id' | 'request' | 'endpoints' | 'mounts' | 'paths' | 'settings'>;

/**
 * The program that --init puts before the command. The step that sees INIT_ANNOTATION bind-mounts the executable there.
 */
export const INIT_PATH = '/sbin/docker-init';
export const INIT_ANNOTATION = 'drydock.init';

/**
 * `linked`: the variables of --link. Pure, except that it reads device nodes and bind sources. Throws ApiError 400 or
 * 501 for what is invalid or not supported.
 */
export function buildSpec(c: SpecSource, image: Image, linked: readonly string[] = []): Spec {
  const host = c.request.HostConfig;
  const config = mergeConfig(c.request, image.config);
  const hostname = c.endpoints.find((endpoint) => endpoint.hostname)?.hostname ?? hostnameOf(c.id, c.request);
  const init = host.Init === true && choiceOf('pid', host) === 'new';
  const annotations = { ...host.Annotations, ...(init && { [INIT_ANNOTATION]: 'true' }) };
  return {
    ociVersion: OCI_VERSION,
    ...(choiceOf('uts', host) === 'new' && { hostname, ...(config.Domainname && { domainname: config.Domainname }) }),
    process: { ...processOf(config, host, init), env: processEnv(config, hostname, linked) },
    root: { path: c.paths.rootfs, ...(host.ReadonlyRootfs && { readonly: true }) },
    mounts: mountsOf(c, host),
    ...(Object.keys(annotations).length && { annotations }),
    linux: linuxOf(c, host),
  };
}

/**
 * Names of users and groups are looked up later, inside the container's root. `username` is the requested text: 'name',
 * '1:2', …
 */
function processOf(config: ContainerConfig, host: HostConfig, init: boolean): Omit<Process, 'env'> {
  const args = processArgs(config);
  const [height = 0, width = 0] = host.ConsoleSize ?? [];
  const numericGroups = (host.GroupAdd ?? []).filter((g) => /^\d+$/.test(g)).map(Number);
  const rlimits = rlimitsOf(host.Ulimits);
  return {
    terminal: config.Tty ?? false,
    ...(config.Tty && height > 0 && width > 0 && { consoleSize: { height, width } }),
    user: {
      uid: 0,
      gid: 0,
      ...(numericGroups.length && { additionalGids: numericGroups }),
      ...(config.User && { username: config.User }),
      ...(host.GroupAdd?.length && { groups: host.GroupAdd }),
    },
    args: init ? [INIT_PATH, '--', ...args] : args,
    cwd: posix.normalize(config.WorkingDir || '/').replace(/(.)\/$/, '$1'),
    capabilities: capabilitySets(chooseCapabilities(host.CapAdd ?? [], host.CapDrop ?? [], host.Privileged ?? false)),
    ...(rlimits.length && { rlimits }),
    noNewPrivileges: securityOptions(host.SecurityOpt ?? []).noNewPrivileges,
    ...(host.OomScoreAdj && { oomScoreAdj: host.OomScoreAdj }),
  };
}

function linuxOf(c: SpecSource, host: HostConfig): Linux {
  const { devices, rules } = devicesOf(host);
  const bounding = chooseCapabilities(host.CapAdd ?? [], host.CapDrop ?? [], host.Privileged ?? false);
  const seccomp = seccompFor(
    securityOptions(host.SecurityOpt ?? []).seccomp,
    bounding,
    host.Privileged ?? false,
    host.Annotations,
  );
  const own = choiceOf('user', host) === 'new';
  const hidden = !host.Privileged;
  const offsets = timeOffsets(host.Annotations);
  return {
    namespaces: [...namespacesOf(host, namespaceOf(c.endpoints)), ...(offsets ? [{ type: 'time' as const }] : [])],
    ...(offsets && { timeOffsets: offsets }),
    ...(own && { uidMappings: IDENTITY, gidMappings: IDENTITY }),
    devices,
    cgroupsPath: posix.join('/', host.CgroupParent || c.settings.cgroupParent, c.id),
    resources: { devices: rules, ...resourcesOf(host) },
    ...(seccomp && { seccomp }),
    sysctl: sysctlsOf(host, namespaceOf(c.endpoints)),
    // null means "the default"; [] means "none", as --security-opt systempaths=unconfined sends it
    maskedPaths: host.MaskedPaths ?? (hidden ? maskedPathsHere() : []),
    readonlyPaths: host.ReadonlyPaths ?? (hidden ? [...readonlyPaths] : []),
    rootfsPropagation: rootPropagation(askedMounts(c, host)),
  };
}

/**
 * Mount propagation of the root: a later mount on a shared or slave mount must be able to propagate into the container.
 * mount_namespaces(7).
 */
function rootPropagation(mounts: readonly Mount[]): string {
  const has = (...words: string[]) => mounts.some((m) => m.options.some((o) => words.includes(o)));
  return has('shared', 'rshared') ? 'rshared' : has('slave', 'rslave') ? 'rslave' : 'rprivate';
}

/** The user's mounts, parents before children; volumes with the directories that they are. */
function askedMounts({ mounts, settings, paths }: SpecSource, host: HostConfig): Mount[] {
  const data = (point: MountPoint) =>
    point.type === 'image' ? imageTree(paths.images, point) : volumePaths(settings.root, point.name).data;
  const own = userMounts(host).filter((m) => !m.volume && !m.image);
  return [...own, ...mounts.map((point) => specMount(point, data))].sort(byDepth);
}

function mountsOf(c: SpecSource, host: HostConfig): Mount[] {
  const asked = askedMounts(c, host);
  const taken = new Set(asked.map((m) => m.destination));
  const covered = (path: string) => taken.has(path) || (taken.has('/dev') && path.startsWith('/dev/'));
  const defaults = defaultMounts(host.ShmSize || DEFAULT_SHM_SIZE)
    .flatMap((m) => sharedMemory(m, host) ?? [])
    .filter((m) => !covered(m.destination));
  const files = Object.entries({
    '/etc/resolv.conf': c.paths.resolvConf,
    '/etc/hostname': c.paths.hostname,
    '/etc/hosts': c.paths.hosts,
  })
    .filter(([path]) => !taken.has(path))
    .map(([destination, source]): Mount => ({
      destination,
      type: 'bind',
      source,
      options: ['rbind', 'rprivate', ...(host.ReadonlyRootfs ? ['ro'] : [])],
    }));
  const writable = (m: Mount): Mount => ({ ...m, options: m.options.filter((o) => o !== 'ro') });
  return [
    ...defaults.map((m) => (host.Privileged && (m.type === 'sysfs' || m.type === 'cgroup') ? writable(m) : m)),
    ...files,
    ...asked,
  ];
}

/** --ipc host uses the host's /dev/shm, --ipc container:ID the other container's; --ipc none has none. */
function sharedMemory(m: Mount, host: HostConfig): Mount | undefined {
  if (m.destination !== '/dev/shm') return m;
  if (host.IpcMode === 'none') return undefined;
  // the mount is copied when the namespace is entered (joined-shm.ts)
  if (host.IpcMode?.startsWith('container:')) return { ...m, source: host.IpcMode };
  return host.IpcMode === 'host'
    ? { destination: '/dev/shm', type: 'bind', source: '/dev/shm', options: ['rbind', 'rprivate'] }
    : m;
}
