import type { OomScores } from '../kernel/process/oom-score.ts';
import type { ApiAddress, ApiTls } from './api-address.ts';

/** The settings with which the daemon was started. Paths are absolute. */
export interface Settings {
  /** images, layers, containers: /var/lib/drydock */
  root: string;
  /** absent: the first driver that works on the data root */
  storageDriver?: 'overlay2' | 'vfs';
  /** sockets, and files that a reboot may delete: /run/drydock */
  execRoot: string;
  /** where the Engine API listens, at least one address */
  listen: ApiAddress[];
  /** for TCP; 'none': TCP without TLS, as the command line said in words; absent: TCP is refused */
  tls?: ApiTls | 'none';
  /** name of the bridge, at most 15 bytes: drydock0. Also the name of the nf_tables table. */
  bridge: string;
  /** gateway address and prefix of the bridge, '172.30.0.1/16'; absent: the first free one */
  bip?: string;
  /** the default network has IPv6 addresses, too */
  ipv6?: boolean;
  /** its IPv6 subnet, 'fd00:1::/64'; absent: one that comes from the host's machine-id(5) */
  fixedCidrV6?: string;
  /** cgroup that holds the containers' cgroups: /drydock */
  cgroupParent: string;
  /** base URLs tried before docker.io */
  registryMirrors: string[];
  /** host[:port] or CIDR of registries that may be used without TLS; loopback addresses always may */
  insecureRegistries: string[];
  /** answer `ubuntu` and `hello-world` from the practice registry when docker.io cannot be reached */
  practice: boolean;
  /** nameservers for containers; empty: the host's */
  dns: string[];
  /**
   * false: rules alone lead published ports to containers, also from 127.0.0.1 and from containers; absent: a proxy
   * helps
   */
  userlandProxy?: boolean;
  /** false: other firewalls of the host decide about the packets of containers; absent: these pass them */
  firewallAccept?: boolean;
  /** seconds without containers and clients after which an auto-started daemon ends; 0: never */
  idle: number;
  /** oom_score_adj of daemon and shims, as far as the machine allows; absent: not changed */
  oomScores?: OomScores;
}
