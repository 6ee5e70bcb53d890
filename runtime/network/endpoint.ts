/** A connection of a container to a network: what was requested, and what was assigned. It is kept in the record. */
import type { PublishedPort } from './port.ts';

export const driverNames = ['bridge', 'none', 'host', 'container', 'macvlan', 'ipvlan'] as const;
export type DriverName = (typeof driverNames)[number];

export interface Endpoint {
  /** bridge: veth to it; none: loopback only; host, container: an existing namespace; the others: a link on a parent */
  driver: DriverName;
  /** the network's name in docker's NetworkSettings.Networks: 'bridge' */
  network: string;
  /** the id of a network that a user made; absent for the predefined ones */
  networkID?: string;
  endpointID: string;
  /** the link's name inside the container: 'eth0' */
  ifname?: string;
  /** the name of the host's end, at most 15 bytes, made from the container's id */
  hostLink?: string;
  /** '172.30.0.2' and 16; absent until the address is leased */
  address?: string;
  prefix?: number;
  gateway?: string;
  mac?: string;
  /** the network has IPv6 addresses, too */
  ipv6?: boolean;
  /** the network has no IPv4 addresses */
  ipv4?: false;
  /** 'fd00::2' and 64; absent until the address is leased, and on networks without IPv6 */
  address6?: string;
  prefix6?: number;
  gateway6?: string;
  /** the host's ports of this run, or of the last one */
  ports?: PublishedPort[];
  requestedAddress?: string;
  requestedAddress6?: string;
  /** further addresses, of 169.254.0.0/16 or fe80::/10 */
  linkLocal?: readonly string[];
  requestedMac?: string;
  /** --network-alias: further names by which others on this network find the container */
  aliases?: readonly string[];
  /** --link on this network: 'target:alias', names that only this container sees */
  links?: readonly string[];
  /** the endpoint with the highest one has the default route */
  gwPriority?: number;
  /** com.docker.network.endpoint… */
  driverOpts?: Readonly<Record<string, string>>;
  /** an internal network has no way out, so no default route goes there */
  internal?: boolean;
  /** set while an operation connects or disconnects it in a running container; a daemon that finds it finishes that */
  moving?: 'connecting' | 'disconnecting';
  /** driver container: the other container's id */
  container?: string;
  /** driver container: the other container's own hostname, because containers that share its network share its name */
  hostname?: string;
}

/** Whether it has an address, of either family. */
export const isConnected = ({ address, address6 }: Pick<Endpoint, 'address' | 'address6'>): boolean =>
  address !== undefined || address6 !== undefined;
