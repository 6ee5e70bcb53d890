/** How one container is connected: what was asked for, and what it got. */
export interface Network {
  /** bridge: veth to the bridge; none: loopback only; host: the host's; container: another container's namespace */
  mode: 'bridge' | 'none' | 'host' | 'container';
  /** the other container's id for mode container */
  container?: string;
  /** that container's name for itself: who uses its network answers to its name */
  hostname?: string;
  /** as docker names it in NetworkSettings.Networks: 'bridge' */
  name: string;
  endpointID: string;
  /** '172.30.0.2' and 16; absent until the address is leased */
  address?: string;
  prefix?: number;
  gateway?: string;
  mac?: string;
  requestedAddress?: string;
  requestedMac?: string;
  /** the host's end, at most 15 bytes; from the container's id */
  hostLink: string;
}
