/** A connection of a container to a network: what was requested, and what was assigned. It is kept in the record. */
import type { PublishedPort } from './port.ts';

export const driverNames = ['bridge', 'none', 'host', 'container'] as const;
export type DriverName = (typeof driverNames)[number];

export interface Endpoint {
  /** bridge: veth to a bridge; none: loopback only; host, container: an existing namespace */
  driver: DriverName;
  /** the network's name in docker's NetworkSettings.Networks: 'bridge' */
  network: string;
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
  /** the host's ports of this run, or of the last one */
  ports?: PublishedPort[];
  requestedAddress?: string;
  requestedMac?: string;
  /** driver container: the other container's id */
  container?: string;
  /** driver container: the other container's own hostname, because containers that share its network share its name */
  hostname?: string;
}
