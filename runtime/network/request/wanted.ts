/** Which networks a create request names: HostConfig.NetworkMode, and the keys of EndpointsConfig. */
import { badParameter } from '../../errors/api-error.ts';
import type { NetworkSettings } from '../driver.ts';
import type { DriverName } from '../endpoint.ts';
import type { NetworkRequest, EndpointAsked } from './network-request.ts';

/** A network that a user made, as far as a request needs it. */
export interface KnownNetwork {
  id: string;
  name: string;
  driver: DriverName;
  internal: boolean;
  /** it has IPv6 addresses, too */
  ipv6?: boolean;
  /** it has no IPv4 addresses */
  ipv4?: false;
  /** its subnets were requested, so that containers may request addresses in them */
  configured: boolean;
  /** whether an address lies in one of its subnets, where containers may have it */
  has(address: string): boolean;
}
/** By name, id or the beginning of an id. Undefined for predefined networks and for what is not there. */
export type FindNetwork = (ref: string) => KnownNetwork | undefined;

/** One endpoint that is asked for. `known` is absent for the predefined networks. */
export interface Wanted {
  driver: DriverName;
  /** the network's name: 'bridge', 'front', 'container:ID' */
  network: string;
  known?: KnownNetwork;
  asked: EndpointAsked;
}

const predefinedOf = (mode: string, { bridge }: Pick<NetworkSettings, 'bridge'>): DriverName | undefined => {
  if (['default', 'bridge', bridge].includes(mode)) return 'bridge';
  if (mode === 'none' || mode === 'host') return mode;
  if (/^container:.+/.test(mode)) return 'container';
  if (/^container:?$/.test(mode))
    throw badParameter('Invalid network mode: invalid container format container:<name|id>');
  return undefined;
};

/** Throws ApiError 400 for a network that does not exist; not 404, because the docker client would pull an image. */
function resolve(mode: string, settings: Pick<NetworkSettings, 'bridge'>, find: FindNetwork): Omit<Wanted, 'asked'> {
  const driver = predefinedOf(mode, settings);
  if (driver) return { driver, network: driver === 'container' ? mode : driver };
  const known = find(mode);
  if (!known) throw badParameter(`network ${mode} not found`);
  return { driver: known.driver, network: known.name, known };
}

/**
 * The network of NetworkMode first, then the others in the order of the request. Throws ApiError 400 for a network that
 * does not exist, and for networks that cannot be had together.
 */
export function wantedNetworks(
  { HostConfig, NetworkingConfig, NetworkDisabled }: NetworkRequest,
  settings: Pick<NetworkSettings, 'bridge'>,
  find: FindNetwork,
): [Wanted, ...Wanted[]] {
  if (NetworkDisabled) return [{ driver: 'none', network: 'none', asked: {} }];
  const mode = HostConfig.NetworkMode || 'default';
  const first = resolve(mode, settings, find);
  // docker's client puts --link into both
  const main: Wanted = { ...first, asked: first.known && HostConfig.Links?.length ? { Links: HostConfig.Links } : {} };
  const others: Wanted[] = [];
  for (const [name, asked] of Object.entries(NetworkingConfig?.EndpointsConfig ?? {})) {
    const one = name === mode || (!main.known && name === main.driver) ? main : resolve(name, settings, find);
    if (one.network === main.network) main.asked = { ...main.asked, ...asked };
    else if (others.some(({ network }) => network === one.network))
      throw badParameter(`conflicting attachments provided to network ${one.network}: it is named twice`);
    else others.push({ ...one, asked: asked ?? {} });
  }
  if (others.length) checkTogether([main, ...others]);
  return [main, ...others];
}

/**
 * Only networks that give the container a link of its own can be had together. `added`: the one that joins the others.
 */
export function checkTogether(all: readonly Pick<Wanted, 'driver'>[], added?: Pick<Wanted, 'driver'>): void {
  const joined = all.filter((one) => one !== added);
  if (added?.driver === 'host' && !joined.some(({ driver }) => driver === 'container' || driver === 'host'))
    throw badParameter('container cannot be disconnected from host network or connected to host network');
  if (all.some(({ driver }) => driver === 'container' || driver === 'host'))
    throw badParameter(
      'container sharing network namespace with another container or host cannot be connected to any other network',
    );
  if (all.some(({ driver }) => driver === 'none'))
    throw badParameter(
      'container cannot be connected to multiple networks with one of the networks in private (none) mode',
    );
}
