/**
 * Turns a request into a container's endpoints: HostConfig.NetworkMode and the endpoint's settings, Docker Engine API.
 * The daemon reports errors in it here; check-flags.ts has the errors that the command line reports itself.
 */
import { createHash } from 'node:crypto';
import { isIP } from 'node:net';
import { badParameter, ApiError } from '../../errors/api-error.ts';
import type { NamesAsked, NetworkSettings } from '../driver.ts';
import type { DriverName, Endpoint } from '../endpoint.ts';
import { isIpv4 } from '../ipam/ipv4.ts';
import { parseBip } from '../ipam/subnet.ts';
import { checkPorts } from '../ports/request.ts';
import { isHardwareAddress, isHostAddress, parseHost } from './added-host.ts';

type List = readonly string[] | null | undefined;
interface EndpointAsked {
  IPAMConfig?: { IPv4Address?: string } | null;
  MacAddress?: string;
}
/** The part of a create request that concerns networks. */
export interface NetworkRequest {
  Hostname?: string;
  ExposedPorts?: object | null;
  HostConfig: {
    NetworkMode?: string;
    UTSMode?: string;
    Dns?: List;
    DnsSearch?: List;
    DnsOptions?: List;
    ExtraHosts?: List;
    PortBindings?: object | null;
    PublishAllPorts?: boolean;
  };
  NetworkingConfig?: { EndpointsConfig?: Record<string, EndpointAsked | null> | null };
}
/** What is shared by the container of --network container:ID. */
export interface Shared {
  id: string;
  hostname: string;
  endpoints: readonly Endpoint[];
}

const filled = (value: unknown) => !!value && Object.keys(value).length > 0;

/** The driver of the named network. Throws ApiError 400 for one that does not exist. */
function driverAsked(
  { NetworkMode }: NetworkRequest['HostConfig'],
  settings: Pick<NetworkSettings, 'bridge'>,
): DriverName {
  const mode = NetworkMode || 'default';
  if (['default', 'bridge', settings.bridge].includes(mode)) return 'bridge';
  if (mode === 'none' || mode === 'host') return mode;
  if (/^container:.+/.test(mode)) return 'container';
  if (/^container:?$/.test(mode))
    throw badParameter('Invalid network mode: invalid container format container:<name|id>');
  // not 404, because the docker client would pull an image
  throw badParameter(`network ${mode} not found`);
}

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
): DriverName {
  const driver = driverAsked(request.HostConfig, settings);
  const conflict = driver === 'container' ? conflicts.find(([asked]) => asked(request)) : undefined;
  if (conflict) throw badParameter(`conflicting options: ${conflict[1]} and the network mode`);
  if (request.Hostname && request.HostConfig.UTSMode === 'host')
    throw badParameter('conflicting options: hostname and the UTS mode');
  checkPublishing(request, driver);
  checkNames(request.HostConfig, driver);
  checkEndpoints(request, driver, settings);
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

const NOT_YET = ['Links', 'DriverOpts', 'GwPriority', 'Aliases'];
const notYet = (what: string) => new ApiError(501, `${what} is not supported yet`);

function checkEndpoints(
  { HostConfig, NetworkingConfig }: NetworkRequest,
  driver: DriverName,
  { bridge }: Pick<NetworkSettings, 'bridge'>,
): void {
  const endpoints = Object.entries(NetworkingConfig?.EndpointsConfig ?? {});
  if (endpoints.length > 1)
    throw badParameter(
      'Container cannot be connected to network endpoints: ' + endpoints.map(([name]) => name).join(', '),
    );
  const names = [HostConfig.NetworkMode || 'default', driver, 'default', 'bridge', bridge];
  for (const [name, endpoint] of endpoints) {
    const { IPAMConfig, MacAddress } = endpoint ?? {};
    const { IPv4Address, ...otherAddresses } = IPAMConfig ?? {};
    const rest = Object.entries(endpoint ?? {}).find(
      ([field, value]) => NOT_YET.includes(field) && (typeof value === 'object' ? filled(value) : !!value),
    );
    if (rest) throw notYet(`NetworkingConfig.EndpointsConfig.${name}.${rest[0]}`);
    if (Object.values(otherAddresses).some((value) => (typeof value === 'object' ? filled(value) : !!value)))
      throw notYet(`an IPv6 or link-local address (EndpointsConfig.${name}.IPAMConfig)`);
    if (IPv4Address && !isIpv4(IPv4Address)) throw badParameter(`invalid IPv4 address: ${IPv4Address}`);
    if (MacAddress && !isHardwareAddress(MacAddress)) throw badParameter(`invalid MAC address: ${MacAddress}`);
    if ((IPv4Address || MacAddress) && driver !== 'bridge')
      throw badParameter(`conflicting options: ${IPv4Address ? 'IP' : 'MAC'} address and the network mode`);
    if (!names.includes(name)) throw badParameter(`network ${name} not found`);
  }
}

/** Call checkNetworking first. Throws ApiError 400 when the other container itself shares a network. */
export function endpointsOf(
  request: NetworkRequest,
  id: string,
  settings: Pick<NetworkSettings, 'bridge'>,
  other: (ref: string) => Shared,
): Endpoint[] {
  const driver = driverAsked(request.HostConfig, settings);
  const network = driver === 'container' ? (request.HostConfig.NetworkMode ?? '') : driver;
  const asked = Object.values(request.NetworkingConfig?.EndpointsConfig ?? {})[0];
  const requestedAddress = asked?.IPAMConfig?.IPv4Address;
  const requestedMac = asked?.MacAddress?.toLowerCase();
  return [
    {
      driver,
      network,
      endpointID: createHash('sha256').update(`${id} ${network}`).digest('hex'),
      ...(driver === 'bridge' && { ifname: 'eth0', hostLink: `veth${id.slice(0, 11)}` }),
      ...(driver === 'container' && joined(network.slice('container:'.length), other)),
      ...(requestedAddress && { requestedAddress }),
      ...(requestedMac && { requestedMac }),
    },
  ];
}

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
  if (shared)
    throw badParameter(
      `container ${ref} has no network of its own to join: it uses that of container ${shared.container ?? ''}`,
    );
  return { container: target.id, hostname: target.hostname };
}

/** --dns, --dns-search, --dns-option, --add-host. */
export const namesAsked = ({ HostConfig: host }: NetworkRequest): NamesAsked => ({
  dns: host.Dns ?? [],
  search: host.DnsSearch ?? [],
  options: host.DnsOptions ?? [],
  hosts: host.ExtraHosts ?? [],
});
