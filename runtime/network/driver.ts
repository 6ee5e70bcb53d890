/**
 * What connects containers in one way. Each driver gives steps; which of them a container walks is decided by its
 * endpoints, and their order by the network phase (steps.ts):
 *
 *   driver.make          the network itself, as far as it is missing
 *   driver.plug          the endpoint's address and link, made on the host
 *     open-netlink       a netlink socket inside the container's network namespace
 *   driver.configure     the endpoint's link, seen from inside
 *     close-netlink
 *   driver.admit         rules by which packets pass
 *   …
 *   driver.disconnect    the endpoint ends; the network stays
 *   driver.remove        the network ends
 */
import type { Kernel } from '../kernel/kernel.ts';
import type { Evidence } from '../journal/inspection-section.ts';
import type { Step } from '../operation/step.ts';
import type { DriverName, Endpoint } from './endpoint.ts';

/** What the daemon was started with, as far as networks want to know it. */
export interface NetworkSettings {
  root: string;
  /** the default network's bridge, and the nf_tables table of the same name */
  bridge: string;
  bip?: string;
  /** nameservers for containers; empty: the host's */
  dns: string[];
}

export interface Network {
  /** 'bridge', 'host', 'none': how containers and clients name it, and where its leases are kept */
  name: string;
  driver: DriverName;
  /** driver bridge: the bridge's link, and the nf_tables table of the same name */
  bridge: string;
  /** gateway and prefix, when they were asked for */
  bip?: string;
}

/** What is asked of name resolution inside: --dns…, --add-host. */
export interface NamesAsked {
  dns: readonly string[];
  search: readonly string[];
  options: readonly string[];
  /** 'name:address' */
  hosts: readonly string[];
}

/** What the network phase keeps of a run for itself. */
export interface NetworkLive {
  /** rtnetlink socket of the daemon inside the container's network namespace, during the network phase */
  netlink?: number;
  /** endpoint id → index of its link in there */
  links?: Map<string, number>;
}

/** As much of a container as the network's steps look at. */
export interface Connected {
  readonly id: string;
  readonly settings: NetworkSettings;
  readonly paths: { readonly hosts: string; readonly hostname: string; readonly resolvConf: string };
  readonly endpoints: readonly Endpoint[];
  readonly names: NamesAsked;
  readonly spec: { hostname?: string; domainname?: string };
  readonly live: NetworkLive & { pid?: number; pidfd?: number };
  other(ref: string): Connected;
}

/** One endpoint of a container, and the network on its other end. */
export interface Connection {
  readonly network: Network;
  readonly endpoint: Endpoint;
  readonly container: Connected;
}
export type EndpointStep = Step<Connection>;
export type NetworkStep = Step<Network>;

/** 'container:ID' is the namespace of another container. */
export type NetworkNamespace = 'new' | 'host' | `container:${string}`;

export interface NetworkDriver {
  readonly name: DriverName;
  /** The network namespace of a container that it connects. */
  namespace(endpoint: Endpoint): NetworkNamespace;
  readonly make: readonly EndpointStep[];
  readonly plug: readonly EndpointStep[];
  readonly configure: readonly EndpointStep[];
  readonly admit: readonly EndpointStep[];
  /** Each finds out for itself what there is to give back. */
  readonly disconnect: readonly EndpointStep[];
  readonly remove: readonly NetworkStep[];
  /** what the host's kernel has for this endpoint, for a look at the container as a whole; each may fail alone */
  readonly inspect: readonly ((k: Kernel, connection: Connection) => Promise<Evidence[]>)[];
}
