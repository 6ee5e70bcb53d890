/**
 * A network driver connects containers in one way. It provides steps. The container's endpoints decide which steps run,
 * and the network phase (steps.ts) decides their order:
 *
 *   driver.make          the missing parts of the network itself
 *   driver.plug          the endpoint's address and link, made on the host
 *     open-netlink       a netlink socket inside the container's network namespace
 *   driver.configure     the endpoint's link, seen from inside
 *     close-netlink
 *   driver.admit         rules that let packets pass
 *   …
 *   driver.disconnect    the endpoint ends; the network stays
 *   driver.remove        the network ends
 */
import type { Kernel } from '../kernel/kernel.ts';
import type { OomScores } from '../kernel/process/oom-score.ts';
import type { InspectionSection } from '../journal/inspection-section.ts';
import type { Step } from '../operation/step.ts';
import type { DriverName, Endpoint } from './endpoint.ts';
import type { PortsLive } from './port.ts';
import type { Cidr } from './ipam/ipv4.ts';
import type { Subnet } from './ipam/subnet.ts';

/** The daemon's settings that networks need. */
export interface NetworkSettings {
  root: string;
  /** files that a reboot may delete */
  execRoot: string;
  /** the default network's bridge, and the nf_tables table of the same name */
  bridge: string;
  bip?: string;
  /** the default network has IPv6 addresses, too */
  ipv6?: boolean;
  /** its IPv6 subnet, 'fd00:1::/64' */
  fixedCidrV6?: string;
  /** nameservers for containers; empty: the host's */
  dns: string[];
  /**
   * false: rules alone lead published ports to containers, also from 127.0.0.1 and from containers; absent: a proxy
   * helps
   */
  userlandProxy?: boolean;
  /** false: other firewalls of the host decide about the packets of containers; absent: these pass them */
  firewallAccept?: boolean;
  /** oom_score_adj of the helpers that outlive the daemon */
  oomScores?: OomScores;
}

export interface Network {
  /** the directory of its leases: 64 hexadecimal digits; of the predefined networks their name */
  id: string;
  /** the name for containers and clients: 'bridge', 'front' */
  name: string;
  driver: DriverName;
  /** driver bridge: the bridge's link, and the nf_tables table of the same name */
  bridge: string;
  /** the default network: the requested gateway and prefix; absent when none were requested */
  bip?: string;
  /** a network that a user made: its IPv4 subnet; absent for the default network, whose bridge tells it */
  subnet?: Subnet;
  /** its IPv6 subnet, when it has one */
  subnet6?: Subnet;
  /** drivers macvlan and ipvlan: more subnets, which are used when the first one of their family is full */
  further?: readonly Subnet[];
  /** it has IPv6 addresses only */
  ipv4?: false;
  /** the subnets of all other networks, which the default network's bridge must not take */
  avoid?: () => readonly Cidr[];
  /** it is being removed: no container may come to it */
  ending?: boolean;
  /** absent: nothing is otherwise than by default */
  options?: NetworkOptions;
}

/** What a driver does otherwise than by default. */
export interface NetworkOptions {
  /** no way to other networks, and none from them */
  internal?: boolean;
  /** false: containers on it do not reach each other (enable_icc) */
  icc?: boolean;
  /** false: packets that leave keep their source address (enable_ip_masquerade) */
  masquerade?: boolean;
  /** without a proxy: what the host and its containers send to published ports gets the bridge's address */
  hairpin?: boolean;
  /** bytes; absent: that of the host's uplink */
  mtu?: number;
  /** the host's address for published ports that name none (host_binding_ipv4) */
  hostBinding?: string;
  /** drivers macvlan and ipvlan: the host's link; absent: a dummy link */
  parent?: string;
  /** drivers macvlan and ipvlan: IFLA_MACVLAN_MODE, or IFLA_IPVLAN_MODE and IFLA_IPVLAN_FLAGS, as numbers */
  linkData?: Readonly<Record<string, number>>;
}

/** The requested settings of name resolution inside the container: --dns…, --add-host. */
export interface NamesAsked {
  dns: readonly string[];
  search: readonly string[];
  options: readonly string[];
  /** 'name:address' */
  hosts: readonly string[];
  /** 'id:alias', for a container on the default bridge: request/legacy-links.ts */
  links?: readonly string[];
}

/** State of a run that the network phase keeps. */
export interface NetworkLive extends PortsLive {
  /** rtnetlink socket of the daemon inside the container's network namespace, during the network phase */
  netlink?: number;
  /** endpoint id → index of its link in that namespace */
  links?: Map<string, number>;
  /** the name server, when it is the daemon's own child */
  namesPid?: number | undefined;
  /** its port inside the container, until packets are led there */
  namesPort?: number | undefined;
}

/** The part of a container that the network's steps use. */
export interface Connected {
  readonly id: string;
  readonly name: string;
  readonly settings: NetworkSettings;
  readonly paths: {
    readonly hosts: string;
    readonly hostname: string;
    readonly resolvConf: string;
    readonly runDir: string;
  };
  /** the requested ports, and those of the image: ports/request.ts */
  readonly request: {
    ExposedPorts?: object | null;
    HostConfig: { PortBindings?: object | null; PublishAllPorts?: boolean };
  };
  readonly image?: { config: { config?: { ExposedPorts?: object } } } | undefined;
  readonly endpoints: readonly Endpoint[];
  readonly names: NamesAsked;
  readonly spec: { hostname?: string; domainname?: string };
  /** sentences for the user about what does not work on this machine */
  readonly warnings: string[];
  readonly live: NetworkLive & { pid?: number; pidfd?: number };
  other(ref: string): Connected;
  /** The network of an endpoint, if a user made it; undefined when it is gone. Absent: only predefined networks. */
  networkOf?(endpoint: Endpoint): Network | undefined;
}

/** One endpoint of a container, and its network. */
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
  /** The network namespace of a container with this endpoint. */
  namespace(endpoint: Endpoint): NetworkNamespace;
  /** Makes and removes the network itself on the host. Absent for drivers whose networks are predefined. */
  readonly create?: readonly NetworkStep[];
  readonly make: readonly EndpointStep[];
  readonly plug: readonly EndpointStep[];
  readonly configure: readonly EndpointStep[];
  readonly admit: readonly EndpointStep[];
  /** At the end of a run. Each step finds out itself what to release. */
  readonly disconnect: readonly EndpointStep[];
  /** From a container that goes on running. Absent for drivers whose networks cannot be left. */
  readonly detach?: readonly EndpointStep[];
  readonly remove: readonly NetworkStep[];
  /**
   * What the host's kernel has for this endpoint, for an inspection of the whole container. Each function may fail
   * without the others.
   */
  readonly inspect: readonly ((k: Kernel, connection: Connection) => Promise<InspectionSection[]>)[];
}
