/** --sysctl: only settings that belong to a namespace of the container. Any other one would change the host. */
import { existsSync } from 'node:fs';
import { badParameter } from '../errors/api-error.ts';
import type { HostConfig } from '../request/container-request.ts';
import type { NetworkNamespace } from '../network/driver.ts';
import { sysctlOwner } from '../oci/sysctl-owner.ts';
import { choiceOf } from './namespaces.ts';

/** Docker's defaults in a network namespace of its own: programs of any user may ping and listen on low ports. */
const DEFAULTS = { 'net.ipv4.ping_group_range': '0 2147483647', 'net.ipv4.ip_unprivileged_port_start': '0' };
let known: Record<string, string> | undefined;
/** Those of DEFAULTS that this kernel has, which is built with them or without. */
const defaults = (): Record<string, string> =>
  (known ??= Object.fromEntries(
    Object.entries(DEFAULTS).filter(([name]) => existsSync(`/proc/sys/${name.replaceAll('.', '/')}`)),
  ));

/** Throws ApiError 400 with Docker's words. */
export function sysctlsOf(host: HostConfig, network: NetworkNamespace): Record<string, string> {
  const own = network === 'new';
  const sysctls: Record<string, string> = own ? { ...defaults() } : {};
  for (const [name, value] of Object.entries(host.Sysctls ?? {})) {
    const kind = sysctlOwner(name);
    if (!kind) throw badParameter(`sysctl "${name}" is not in a separate kernel namespace`);
    if (kind === 'network' && !own) throw badParameter(`sysctl '${name}' not allowed in host network namespace`);
    if (kind === 'ipc' && choiceOf('ipc', host) === 'host')
      throw badParameter(`sysctl '${name}' not allowed in host ipc namespace`);
    // it would change the other container's
    if (kind === 'ipc' && choiceOf('ipc', host) !== 'new')
      throw badParameter(`sysctl "${name}" is not in a separate kernel namespace`);
    sysctls[name] = String(value);
  }
  return sysctls;
}
