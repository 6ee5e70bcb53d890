/** Who is on a network: what a resolver of names needs, and GET /networks/{id}. */
import { isConnected, type DriverName, type Endpoint } from './endpoint.ts';

/** One endpoint of a running container, with all its names. */
export interface Member {
  /** the container's id, 64 hexadecimal digits */
  container: string;
  /** the container's name, without a slash */
  name: string;
  /** what the container calls itself */
  hostname: string;
  /** --network-alias, as requested; the container's short id is not among them */
  aliases: readonly string[];
  /** 'target:alias': names that only this container uses */
  links: readonly string[];
  /** '172.18.0.2' */
  address?: string;
  address6?: string;
}

/** A network and the endpoints of running containers on it. */
export interface NetworkMembers {
  id: string;
  name: string;
  driver: DriverName;
  internal: boolean;
  members: readonly Member[];
}

/** A container as far as its names on networks go. */
export interface Named {
  readonly id: string;
  readonly name: string;
  readonly hostname: string;
  readonly endpoints: readonly Endpoint[];
}

/** `up`: the running containers. An endpoint without an address is not up yet, and one that is leaving no more. */
export const membersOf = (network: string, up: readonly Named[]): Member[] =>
  up.flatMap(({ id, name, hostname, endpoints }) =>
    endpoints
      .filter((one) => one.networkID === network && isConnected(one) && !one.moving)
      .map(({ aliases = [], links = [], address, address6 }) => ({
        container: id,
        name,
        hostname,
        aliases,
        links,
        ...(address && { address }),
        ...(address6 && { address6 }),
      })),
  );
