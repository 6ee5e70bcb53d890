/** One connection of a container to a network: what was asked for, and what it got. It is kept in the record. */
export const driverNames = ['bridge', 'none', 'host', 'container'] as const;
export type DriverName = (typeof driverNames)[number];

export interface Endpoint {
  /** what connects it: bridge: veth to a bridge; none: loopback only; host, container: a namespace that is there */
  driver: DriverName;
  /** the network's name, as docker names it in NetworkSettings.Networks: 'bridge' */
  network: string;
  endpointID: string;
  /** the link's name inside: 'eth0' */
  ifname?: string;
  /** the host's end, at most 15 bytes; from the container's id */
  hostLink?: string;
  /** '172.30.0.2' and 16; absent until the address is leased */
  address?: string;
  prefix?: number;
  gateway?: string;
  mac?: string;
  requestedAddress?: string;
  requestedMac?: string;
  /** driver container: the other container's id */
  container?: string;
  /** and that container's name for itself: who uses its network answers to its name */
  hostname?: string;
}
