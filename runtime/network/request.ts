/**
 * From what the client asked for to the container's Network: HostConfig.NetworkMode and the endpoint's settings, Docker
 * Engine API.
 */
import { createHash } from 'node:crypto';
import { isIP } from 'node:net';
import type { Container } from '../container/container.ts';
import { hostnameOf } from '../container/merge.ts';
import { badParameter, Refusal } from '../errors/api-error.ts';
import type { ContainerRequest } from '../request/container-request.ts';
import type { Settings } from '../data-root/settings.ts';
import { splitHost } from './files.ts';
import { isIpv4 } from './ipv4.ts';
import type { Network } from '../container/network.ts';
import { parseBip } from './subnet.ts';

const modes = new Map<string, Network['mode']>([
  ['', 'bridge'],
  ['default', 'bridge'],
  ['bridge', 'bridge'],
  ['none', 'none'],
  ['host', 'host'],
]);
const MAC = /^([0-9a-f]{2}:){5}[0-9a-f]{2}$/i;

/** Throws Refusal 400 for a network that is not there and for what does not go together. */
export function networkOf(
  request: ContainerRequest,
  id: string,
  settings: Pick<Settings, 'bip'>,
  other: (ref: string) => Container,
): Network {
  const wanted = request.HostConfig.NetworkMode ?? '';
  const shared = /^container:(.*)$/.exec(wanted)?.[1];
  const mode = shared === undefined ? modes.get(wanted) : 'container';
  // not 404: the docker client would pull an image
  if (!mode) throw badParameter(`network ${wanted} not found`);
  refuseConflicts(request, mode);
  checkNames(request);
  const { requestedAddress, requestedMac } = endpointOf(request, wanted);
  if (mode !== 'bridge' && (requestedAddress || requestedMac))
    throw badParameter(`an address for the container goes with network bridge only, not with ${wanted}`);
  if (settings.bip) parseBip(settings.bip);
  const name = shared === undefined ? mode : wanted;
  return {
    mode,
    name,
    endpointID: createHash('sha256').update(`${id} ${name}`).digest('hex'),
    hostLink: `veth${id.slice(0, 11)}`,
    ...(shared !== undefined && joined(shared, other)),
    ...(requestedAddress && { requestedAddress }),
    ...(requestedMac && { requestedMac }),
  };
}

function joined(ref: string, other: (ref: string) => Container): Pick<Network, 'container' | 'hostname'> {
  let target: Container;
  try {
    target = other(ref);
  } catch (error) {
    // as in dockerd its start asks for it; 404 from create would make the docker client pull an image
    if (error instanceof Refusal && error.status === 404) return { container: ref };
    throw error;
  }
  if (target.network.mode === 'container')
    throw badParameter(
      `container ${ref} has no network of its own to join: it uses that of container ${target.network.container ?? ''}`,
    );
  return { container: target.id, hostname: hostnameOf(target.id, target.request) };
}

function endpointOf(request: ContainerRequest, wanted: string): Pick<Network, 'requestedAddress' | 'requestedMac'> {
  const endpoints = request.NetworkingConfig?.EndpointsConfig ?? {};
  const own = new Set([wanted, modes.get(wanted) ?? wanted, 'default', 'bridge']);
  const unknown = Object.keys(endpoints).find((name) => !own.has(name));
  if (unknown !== undefined) throw badParameter(`network ${unknown} not found`);
  const endpoint = Object.values(endpoints).find((value) => value !== null);
  const requestedAddress = endpoint?.IPAMConfig?.IPv4Address || undefined;
  const requestedMac = (endpoint?.MacAddress || undefined)?.toLowerCase();
  if (requestedAddress && !isIpv4(requestedAddress)) throw badParameter(`invalid IPv4 address: ${requestedAddress}`);
  if (requestedMac && !goodMac(requestedMac)) throw badParameter(`invalid MAC address: ${requestedMac}`);
  return { ...(requestedAddress && { requestedAddress }), ...(requestedMac && { requestedMac }) };
}

/** A link of its own has a unicast address: the lowest bit of the first byte marks groups. */
const goodMac = (mac: string) => MAC.test(mac) && (parseInt(mac, 16) & 1) === 0 && mac !== '00:00:00:00:00:00';

/** Who uses another's network uses its files and name too. */
function refuseConflicts({ Hostname, HostConfig }: ContainerRequest, mode: Network['mode']): void {
  if (mode !== 'container') return;
  const asked: [string, boolean][] = [
    ['hostname', Boolean(Hostname)],
    ['dns', Boolean(HostConfig.Dns?.length)],
    ['dns search', Boolean(HostConfig.DnsSearch?.length)],
    ['dns options', Boolean(HostConfig.DnsOptions?.length)],
    ['custom host-to-IP mapping', Boolean(HostConfig.ExtraHosts?.length)],
  ];
  const conflict = asked.find(([, given]) => given);
  if (conflict) throw badParameter(`conflicting options: ${conflict[0]} and the network mode container`);
}

/** These go into files line by line: nothing may hold a blank or begin a line of its own. */
function checkNames({ HostConfig }: ContainerRequest): void {
  const { Dns, DnsSearch, DnsOptions, ExtraHosts, NetworkMode } = HostConfig;
  for (const server of Dns ?? []) if (!isIP(server)) throw badParameter(`invalid IP address for dns: ${server}`);
  for (const word of [...(DnsSearch ?? []), ...(DnsOptions ?? [])])
    if (!/^[\w.:-]+$/.test(word)) throw badParameter(`invalid dns search or option: ${JSON.stringify(word)}`);
  for (const entry of ExtraHosts ?? []) {
    const [name, address] = splitHost(entry);
    if (!/^[\w.-]+$/.test(name) || !(isIP(address) || address === 'host-gateway'))
      throw badParameter(`bad format for add-host: ${JSON.stringify(entry)}, it is name:address`);
    if (address === 'host-gateway' && NetworkMode === 'none')
      throw badParameter('host-gateway needs a way to the host: it does not go with network none');
  }
}
