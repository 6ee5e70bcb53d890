/**
 * What a container's name server knows, as text (native/name-table.h reads it):
 *
 *   <execRoot>/names/<container id>      the servers for all other names, the container's networks and links
 *   <execRoot>/names/<network id>        a line for each endpoint: its address, then its names
 */
import { ipBytes } from '../../kernel/ip-bytes.ts';
import type { NamesAsked } from '../driver.ts';
import type { Endpoint } from '../endpoint.ts';
import type { Member } from '../members.ts';
import { SERVER } from './redirect.ts';

/** Where all other names are asked for. */
export interface Upstream {
  servers: readonly string[];
  /** they are asked from the container's network namespace, because they were requested with --dns */
  inside: boolean;
}

/** An address as native code reads it: an IPv6 address in eight groups. Undefined for one with a zone. */
function plainAddress(address: string): string | undefined {
  const bytes = ipBytes(address);
  if (!bytes || bytes.length === 4) return bytes && address;
  return Array.from({ length: 8 }, (_, j) => bytes.readUInt16BE(2 * j).toString(16)).join(':');
}

/** A line has one word for each name, and a name is at most 255 bytes long: RFC 1035, section 3.1. */
const isWord = (name: string) => /^[^\s\p{Cc}]+$/u.test(name) && Buffer.byteLength(name) < 255;

/** Whether single words are not asked of the servers: the user has set ndots above 0. */
export const setsNdots = (options: readonly string[]): boolean =>
  options.some((option) => Number(/^ndots:(\d+)$/.exec(option)?.[1] ?? 0) > 0);

const lines = (all: readonly string[]) => all.map((line) => `${line}\n`).join('');

/**
 * The part of a container's table that stays the same while it runs. The name server itself is not asked, which is at
 * this address inside.
 */
export const serverLines = ({ servers, inside }: Upstream, options: NamesAsked['options']): string =>
  lines([
    ...servers
      .filter((server) => !(inside && server === SERVER))
      .flatMap((server) => plainAddress(server) ?? [])
      .map((server) => `server ${server}`),
    ...(inside ? ['inside'] : []),
    ...(setsNdots(options) ? ['ndots'] : []),
  ]);

/** The endpoints whose networks have names: those that users made. */
export const namedEndpoints = (endpoints: readonly Endpoint[]): Endpoint[] =>
  endpoints.filter(({ networkID, driver }) => networkID && driver !== 'none' && driver !== 'host');

/**
 * The part that changes when the container is connected or disconnected. A container with internal networks only has
 * no way out, and its queries have none either.
 */
export function networkLines(endpoints: readonly Endpoint[]): string {
  const settled = endpoints.filter(({ moving }) => !moving);
  const named = namedEndpoints(settled);
  return lines([
    ...(settled.some(({ internal }) => !internal) ? ['forward'] : []),
    ...named.map(({ networkID, network }) => `network ${networkID!} ${isWord(network) ? network : ''}`),
    ...named.flatMap(({ networkID, links = [] }) =>
      links.flatMap((link) => {
        const [target = '', alias = target] = link.split(':');
        return isWord(alias) && isWord(target) ? [`link ${networkID!} ${alias} ${target}`] : [];
      }),
    ),
  ]);
}

/** A container's table with other networks. */
export const withNetworks = (table: string, networks: string): string =>
  lines(table.split('\n').filter((line) => /^(server |inside$|ndots$)/.test(line))) + networks;

/** The names of an endpoint, as dockerd lists them: DNSNames. */
export const dnsNames = ({ container, name, aliases, hostname }: Omit<Member, 'links'>): string[] => [
  ...new Set([name, ...aliases, container.slice(0, 12), hostname]),
];

/** A network's table. */
export const memberLines = (members: readonly Member[]): string =>
  lines(
    members.flatMap((member) =>
      [member.address, member.address6].flatMap((address) => {
        const plain = address && plainAddress(address);
        return plain ? [[plain, ...dnsNames(member).filter(isWord)].join(' ')] : [];
      }),
    ),
  );

export const namesDirectory = (execRoot: string): string => `${execRoot}/names`;
