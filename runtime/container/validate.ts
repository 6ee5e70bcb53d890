/**
 * Checks a request before a container is made: everything must be known, in range and possible on this machine. What is
 * not supported yet is refused with 501, what is wrong with 400 in Docker's words.
 */
import { chooseCapabilities } from '../oci/capabilities.ts';
import { checkResources } from '../oci/check-resources.ts';
import { devicesOf } from '../oci/devices.ts';
import { choiceOf } from './namespaces.ts';
import { resourcesOf } from '../oci/resources.ts';
import { rlimitsOf } from '../oci/rlimits.ts';
import { compileSeccomp } from '../oci/seccomp/compile.ts';
import { seccompFor } from '../oci/seccomp/profile.ts';
import { securityOptions } from '../oci/security-opt.ts';
import { sysctlsOf } from './sysctls.ts';
import { makeBindSources, userMounts } from '../oci/user-mounts.ts';
import { driverNamed } from '../drivers/network.ts';
import { driverNamed as volumeDriverNamed } from '../drivers/volume.ts';
import type { DriverName } from '../network/endpoint.ts';
import { checkNetworking } from '../network/request/endpoints.ts';
import type { FindNetwork } from '../network/request/wanted.ts';
import { checkHealth } from './health.ts';
import { checkLeftOut, unsafeWords } from './leave-out.ts';
import { logDriverNamed } from '../drivers/log.ts';
import { badParameter } from '../errors/api-error.ts';
import { checkShape } from '../request/request-shape.ts';
import type { ContainerConfig, ContainerRequest, HostConfig } from '../request/container-request.ts';
import type { Settings } from '../data-root/settings.ts';
import { parseSignal } from '../request/signal.ts';

const filled = (value: object | null | undefined): boolean => !!value && Object.keys(value).length > 0;

/**
 * Returns warnings for the client. Throws ApiError 400, 404 or 501. If all is well, creates the missing directories of
 * -v.
 */
export function validateRequest(
  request: ContainerRequest,
  settings: Pick<Settings, 'bridge' | 'bip'>,
  find?: FindNetwork,
): string[] {
  checkShape(request);
  const host = request.HostConfig;
  if (Object.hasOwn(host.Annotations ?? {}, ''))
    throw badParameter('invalid Annotations: the empty string is not permitted as an annotation key');
  checkConfig(request);
  checkMounts(host);
  const driver = checkNetworking(request, settings, find);
  checkRestart(host);
  checkUnsupported(request);
  checkLeftOut(request);
  const warnings = [...portWarnings(host, driver), ...checkResources(host), ...checkIsolation(host, driver)];
  makeBindSources(host);
  const unsafe = unsafeWords(request);
  return unsafe ? [...warnings, unsafe] : warnings;
}

/** dockerd's words: such a container uses the host's ports directly. */
const portWarnings = ({ PortBindings }: HostConfig, driver: DriverName): string[] =>
  driver === 'host' && filled(PortBindings) ? ['Published ports are discarded when using host network mode'] : [];

function checkConfig(config: ContainerConfig): void {
  if (config.Hostname && !/^[a-zA-Z0-9_][a-zA-Z0-9_.-]{0,62}$/.test(config.Hostname))
    throw badParameter(`invalid hostname format: ${config.Hostname}`);
  if (config.Domainname && !/^[a-zA-Z0-9_][a-zA-Z0-9_.-]{0,62}$/.test(config.Domainname))
    throw badParameter(`invalid domainname format: ${config.Domainname}`);
  if (config.WorkingDir && !config.WorkingDir.startsWith('/'))
    throw badParameter(`the working directory '${config.WorkingDir}' is invalid, it needs to be an absolute path`);
  const nameless = (config.Env ?? []).find((entry) => entry === '' || entry.startsWith('='));
  if (nameless !== undefined) throw badParameter(`invalid environment variable: ${nameless}`);
  if (config.StopSignal) parseSignal(config.StopSignal);
  checkHealth(config.Healthcheck);
  if ((config.StopTimeout ?? 0) < -1)
    throw badParameter(`invalid stop timeout ${config.StopTimeout}; give seconds, or -1 to wait without end`);
}

/** Refuses options that belong to another type of mount, in dockerd's words. */
function checkMounts({ Mounts }: HostConfig): void {
  for (const mount of Mounts ?? []) {
    for (const type of ['bind', 'volume', 'tmpfs', 'image'] as const) {
      const options = `${type[0]!.toUpperCase()}${type.slice(1)}Options` as const;
      const given = (mount as unknown as Record<string, unknown>)[options];
      if (given !== undefined && given !== null && mount.Type !== type)
        throw badParameter(`${options} must not be specified on mount type "${mount.Type}"`);
    }
  }
}

const POLICIES = ['', 'no', 'always', 'on-failure', 'unless-stopped'];
function checkRestart({ RestartPolicy, AutoRemove }: HostConfig): void {
  const { Name = '', MaximumRetryCount = 0 } = RestartPolicy ?? {};
  if (!POLICIES.includes(Name))
    throw badParameter(
      `invalid restart policy: unknown policy '${Name}'; use one of 'no', 'always', 'on-failure', or 'unless-stopped'`,
    );
  if (MaximumRetryCount < 0) throw badParameter('invalid restart policy: maximum retry count cannot be negative');
  if (MaximumRetryCount > 0 && Name !== 'on-failure')
    throw badParameter("invalid restart policy: maximum retry count can only be used with 'on-failure'");
  if (AutoRemove && Name !== '' && Name !== 'no')
    throw badParameter("can't create 'AutoRemove' container with restart policy");
}

const RUNTIMES = ['', 'runc', 'io.containerd.runc.v2', 'drydock'];
function checkUnsupported({ HostConfig: host }: ContainerRequest): void {
  if (host.VolumeDriver) volumeDriverNamed(host.VolumeDriver);
  logDriverNamed(host.LogConfig?.Type).check(host.LogConfig?.Config ?? {});
  if (!RUNTIMES.includes(host.Runtime ?? '')) throw badParameter(`unknown or invalid runtime name: ${host.Runtime}`);
  if (host.Isolation && host.Isolation !== 'default')
    throw badParameter(`invalid isolation (${host.Isolation}): Linux knows only 'default'`);
  if (host.CgroupParent?.includes('\0'))
    throw badParameter(`invalid cgroup parent ${JSON.stringify(host.CgroupParent)}: it holds a NUL`);
  const relative = [...(host.MaskedPaths ?? []), ...(host.ReadonlyPaths ?? [])].find((path) => !path.startsWith('/'));
  if (relative !== undefined)
    throw badParameter(`invalid path ${relative} in MaskedPaths or ReadonlyPaths: it must be absolute`);
}

/**
 * Each of these functions parses its flags and throws when they are wrong. They are called here so that create reports
 * the error and not start.
 */
function checkIsolation(host: HostConfig, driver: DriverName): string[] {
  for (const type of ['pid', 'ipc', 'uts', 'user', 'cgroup'] as const) choiceOf(type, host);
  if (choiceOf('user', host) === 'new' && host.Privileged)
    throw badParameter(
      'privileged mode is incompatible with user namespaces.  You must run the container in the host namespace when running privileged mode',
    );
  const capabilities = chooseCapabilities(host.CapAdd ?? [], host.CapDrop ?? [], host.Privileged ?? false);
  const { seccomp: option } = securityOptions(host.SecurityOpt ?? []);
  const seccomp = seccompFor(option, capabilities, host.Privileged ?? false, host.Annotations);
  try {
    if (seccomp) compileSeccomp(seccomp);
  } catch (cause) {
    throw badParameter(`Decoding seccomp profile failed: ${(cause as Error).message}`);
  }
  userMounts(host);
  devicesOf(host);
  rlimitsOf(host.Ulimits);
  sysctlsOf(host, driverNamed(driver).namespace({ driver, network: '', endpointID: '' }));
  resourcesOf(host);
  return host.Privileged && filled(host.Devices)
    ? ['devices given with --device have all permissions in privileged mode']
    : [];
}
