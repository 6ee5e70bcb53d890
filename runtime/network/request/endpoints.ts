/**
 * Turns a request into a container's endpoints: HostConfig.NetworkMode and the endpoint's settings, Docker Engine API.
 * The daemon reports errors in it here; check-flags.ts has the errors that the command line reports itself.
 */
import { createHash } from 'node:crypto';
import { isIP } from 'node:net';
import { badParameter, ApiError } from '../../errors/api-error.ts';
import type { NamesAsked, NetworkSettings } from '../driver.ts';
import type { DriverName, Endpoint } from '../endpoint.ts';
import { canonical, holds, isAddress } from '../ipam/family.ts';
import { isIpv4 } from '../ipam/ipv4.ts';
import { isAddress6 } from '../ipam/ipv6.ts';
import { isLinkName } from '../link-name.ts';
import { parseBip } from '../ipam/subnet.ts';
import { checkPorts } from '../ports/request.ts';
import { isHardwareAddress, isHostAddress, parseHost } from './added-host.ts';
import { linkSysctls } from '../endpoint-sysctls.ts';
import type { EndpointAsked, NetworkRequest } from './network-request.ts';
import { wantedNetworks, type FindNetwork, type Wanted } from './wanted.ts';

const none: FindNetwork = () => undefined;
/** What is shared by the container of --network container:ID. */
export interface Shared {
  id: string;
  hostname: string;
  endpoints: readonly Endpoint[];
}

const filled = (value: unknown) => !!value && Object.keys(value).length > 0;

/** Options that conflict with another container's network, because its files and name are shared too. */
const conflicts: [asked: (r: NetworkRequest) => boolean, what: string][] = [
  [(r) => !!r.Hostname, 'hostname'],
  [(r) => filled(r.HostConfig.Dns), 'dns'],
  [(r) => filled(r.HostConfig.DnsSearch), 'dns search'],
  [(r) => filled(r.HostConfig.DnsOptions), 'dns options'],
  [(r) => filled(r.HostConfig.ExtraHosts), 'custom host-to-IP mapping'],
];

/**
 * Returns the driver of the requested network. Throws ApiError 400 for a network that does not exist and for options
 * that conflict, 501 for what is not supported yet.
 */
export function checkNetworking(
  request: NetworkRequest,
  settings: Pick<NetworkSettings, 'bridge' | 'bip'>,
  find = none,
): DriverName {
  const all = wantedNetworks(request, settings, find);
  const [{ driver }] = all;
  const conflict = driver === 'container' ? conflicts.find(([asked]) => asked(request)) : undefined;
  if (conflict) throw badParameter(`conflicting options: ${conflict[1]} and the network mode`);
  if (request.Hostname && request.HostConfig.UTSMode === 'host')
    throw badParameter('conflicting options: hostname and the UTS mode');
  checkPublishing(request, driver);
  checkNames(request.HostConfig, driver);
  for (const one of all) checkEndpoint(one, one.network);
  if (settings.bip) parseBip(settings.bip);
  return driver;
}

/** A container that shares another's network shares its ports, too. */
function checkPublishing(request: NetworkRequest, driver: DriverName): void {
  const { PortBindings, PublishAllPorts } = request.HostConfig;
  const asked = filled(PortBindings) || PublishAllPorts ? 'publishing' : filled(request.ExposedPorts) && 'exposing';
  if (asked && driver === 'container')
    throw badParameter(`conflicting options: port ${asked} and the container type network mode`);
  checkPorts(request);
}

/** The values are written into files line by line, so none may contain a blank or begin a new line. */
function checkNames(
  { Dns, DnsSearch, DnsOptions, ExtraHosts }: NetworkRequest['HostConfig'],
  driver: DriverName,
): void {
  const nameserver = Dns?.find((address) => !isIP(address));
  if (nameserver !== undefined) throw badParameter(`bad nameserver address ${nameserver}`);
  for (const word of [...(DnsSearch ?? []), ...(DnsOptions ?? [])])
    if (!/^[\w.:-]+$/.test(word)) throw badParameter(`invalid dns search or option: ${JSON.stringify(word)}`);
  for (const entry of ExtraHosts ?? []) {
    const host = parseHost(entry);
    if (!host) throw badParameter(`bad format for add-host: ${JSON.stringify(entry)}`);
    if (!isHostAddress(host.address)) throw badParameter(`invalid IP address in add-host: "${host.address}"`);
    if (host.address === 'host-gateway' && driver === 'none')
      throw badParameter('host-gateway needs a way to the host: it does not go with network none');
  }
}

const linkLocal = [
  { address: '169.254.0.0', prefix: 16 },
  { address: 'fe80::', prefix: 10 },
];
const IFNAME = 'com.docker.network.endpoint.ifname';

/** What dockerd says of an endpoint's addresses and names, each fault once. */
function endpointFaults({ known, asked }: Wanted): string[] {
  const { IPv4Address, IPv6Address } = asked.IPAMConfig ?? {};
  const local = asked.IPAMConfig?.LinkLocalIPs ?? [];
  const addresses = [IPv4Address, IPv6Address].filter((one): one is string => !!one);
  const isLocal = (address: string) => linkLocal.some((subnet) => isAddress(address) && holds(subnet, address));
  const faults = [
    !known && addresses.length > 0 && 'user specified IP address is supported on user defined networks only',
    !known &&
      (filled(asked.Aliases) || filled(asked.Links)) &&
      'network-scoped alias is supported only for containers in user defined networks',
    IPv4Address && !isIpv4(IPv4Address) && `invalid IPv4 address: ${IPv4Address}`,
    IPv6Address && !isAddress6(IPv6Address) && `invalid IPv6 address: ${IPv6Address}`,
    ...local.map((one) => !isLocal(one) && `invalid link-local IP address: ${one}`),
    addresses.length > 0 &&
      !known?.configured &&
      'user specified IP address is supported only when connecting to networks with user configured subnets',
    ...addresses.map(
      (one) =>
        known?.configured &&
        !(isAddress(one) && known.has(one)) &&
        `no configured subnet or ip-range contain the IP address ${one}`,
    ),
  ];
  return faults.filter((one): one is string => !!one);
}

/** Throws ApiError 400 or 501, in dockerd's words. `network`: its name, which is said of a container that is made. */
export function checkEndpoint(wanted: Wanted, network?: string): void {
  const { driver, known, asked } = wanted;
  const { MacAddress } = asked;
  const faults = endpointFaults(wanted);
  const list = faults.length > 1 ? faults.map((one) => `* ${one}`) : faults;
  const text = list.join('\n');
  if (faults.length)
    throw badParameter(
      network === undefined
        ? `invalid endpoint settings:\n${text}`
        : `invalid config for network ${network}: invalid endpoint settings:\n${text}`,
    );
  if (MacAddress && !isHardwareAddress(MacAddress)) throw badParameter(`invalid MAC address: ${MacAddress}`);
  if ((MacAddress || filled(asked.IPAMConfig?.LinkLocalIPs)) && !known && driver !== 'bridge')
    throw badParameter(`conflicting options: ${MacAddress ? 'mac-address' : 'IP address'} and the network mode`);
  linkSysctls(asked.DriverOpts, 'eth0');
  const name = asked.DriverOpts?.[IFNAME];
  if (name !== undefined && !isLinkName(name))
    throw badParameter(`invalid ${IFNAME}: ${JSON.stringify(name)} is no name of a link, of at most 15 bytes`);
}

/** Call checkNetworking first. */
export function endpointsOf(
  request: NetworkRequest,
  id: string,
  settings: Pick<NetworkSettings, 'bridge'>,
  other: (ref: string) => Shared,
  find = none,
): Endpoint[] {
  const endpoints: Endpoint[] = [];
  for (const wanted of wantedNetworks(request, settings, find)) {
    const { driver, network } = wanted;
    endpoints.push({
      ...endpointOf(id, wanted, endpoints),
      ...(driver === 'container' && joined(network.slice('container:'.length), other)),
    });
  }
  return endpoints;
}

const ownLink = (driver: DriverName) => !['none', 'host', 'container'].includes(driver);

/** One more endpoint for the container `id`, beside those that it has. */
export function endpointOf(
  id: string,
  { driver, network, known, asked }: Wanted,
  beside: readonly Endpoint[],
): Endpoint {
  const endpointID = createHash('sha256')
    .update(`${id} ${known?.id ?? network}`)
    .digest('hex');
  const { IPv4Address: requestedAddress, IPv6Address: requestedAddress6, LinkLocalIPs: local } = asked.IPAMConfig ?? {};
  const requestedMac = asked.MacAddress?.toLowerCase();
  return {
    driver,
    network,
    ...(known && { networkID: known.id }),
    endpointID,
    ...(ownLink(driver) && {
      ifname: asked.DriverOpts?.[IFNAME] ?? freeName(beside),
      ...(driver === 'bridge' && { hostLink: `veth${(beside.length ? endpointID : id).slice(0, 11)}` }),
    }),
    ...(requestedAddress && { requestedAddress }),
    ...(requestedAddress6 && { requestedAddress6: canonical(requestedAddress6) }),
    ...(local?.length && { linkLocal: local.map(canonical) }),
    ...(requestedMac && { requestedMac }),
    ...settingsOf(asked),
    ...(known?.internal && { internal: true }),
    ...(known?.ipv6 && { ipv6: true }),
    ...(known?.ipv4 === false && { ipv4: false as const }),
  };
}

const settingsOf = ({ Aliases, Links, DriverOpts, GwPriority }: EndpointAsked): Partial<Endpoint> => ({
  ...(Aliases?.length && { aliases: [...new Set(Aliases)] }),
  ...(Links?.length && { links: [...Links] }),
  ...(filled(DriverOpts) && { driverOpts: DriverOpts! }),
  ...(GwPriority && { gwPriority: GwPriority }),
});

/** eth0, or the next one that no other endpoint has. */
function freeName(beside: readonly Endpoint[]): string {
  for (let number = 0; ; number++) if (!beside.some(({ ifname }) => ifname === `eth${number}`)) return `eth${number}`;
}

/**
 * The container whose network is shared in the end: `ref` itself may share that of another one. A container exists
 * before the one that shares its network, so the way ends.
 */
function joined(ref: string, other: (ref: string) => Shared): Pick<Endpoint, 'container' | 'hostname'> {
  let target: Shared;
  try {
    target = other(ref);
  } catch (error) {
    // like dockerd, leave this error to the start: a 404 from create would make the docker client pull an image
    if (error instanceof ApiError && error.status === 404) return { container: ref };
    throw error;
  }
  const shared = target.endpoints.find(({ driver }) => driver === 'container');
  if (shared?.container && shared.container !== ref) return joined(shared.container, other);
  return { container: target.id, hostname: target.hostname };
}

/** --dns, --dns-search, --dns-option, --add-host. */
export const namesAsked = ({ HostConfig: host }: NetworkRequest): NamesAsked => ({
  dns: host.Dns ?? [],
  search: host.DnsSearch ?? [],
  options: host.DnsOptions ?? [],
  hosts: host.ExtraHosts ?? [],
  links: host.Links ?? [],
});
