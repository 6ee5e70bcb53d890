/** Published ports: what was requested, and what was taken. */
export const protocols = ['tcp', 'udp', 'sctp'] as const;
export type Protocol = (typeof protocols)[number];

/** A port in the container: '80/tcp'. */
export interface ContainerPort {
  protocol: Protocol;
  port: number;
}

/** A port in the container that is requested to be reachable through the host. */
export interface PortRequest extends ContainerPort {
  /** an address of the host; '' is every address */
  hostIp: string;
  /** the range of the host's ports from which a free one is taken; both 0: any free port */
  first: number;
  last: number;
}

/** A port of the host that is taken for a container. It is kept in the endpoint's record. */
export interface PublishedPort extends ContainerPort {
  /** '0.0.0.0' or '::' is every address of that family */
  hostIp: string;
  hostPort: number;
}

export const showPort = ({ port, protocol }: ContainerPort): string => `${port}/${protocol}`;
export const hostText = (address: string): string => (address.includes(':') ? `[${address}]` : address);
/** '0.0.0.0:8080/tcp', '[::]:8080/tcp' */
export const showHostPort = ({ hostIp, hostPort, protocol }: PublishedPort): string =>
  `${hostText(hostIp)}:${hostPort}/${protocol}`;

export const comparePorts = (a: ContainerPort, b: ContainerPort): number =>
  a.port - b.port || a.protocol.localeCompare(b.protocol);

/** A socket of the daemon on a port of the host, until the container's proxy has it. */
export interface PortSocket {
  fd: number;
  port: PublishedPort;
}
/** State of a run that the steps of published ports keep. */
export interface PortsLive {
  portSockets?: PortSocket[];
  /** the proxy, when it is the daemon's own child */
  proxyPid?: number | undefined;
}
