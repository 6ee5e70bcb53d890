/** The contents of the three files that programs use for names: hosts(5), hostname(5), resolv.conf(5). */
import type { Endpoint } from '../endpoint.ts';
import { parseHost } from '../request/added-host.ts';

const LOCAL = [
  '127.0.0.1\tlocalhost',
  '::1\tlocalhost ip6-localhost ip6-loopback',
  'fe00::\tip6-localnet',
  'ff00::\tip6-mcastprefix',
  'ff02::1\tip6-allnodes',
  'ff02::2\tip6-allrouters',
];
/** Google's public resolvers, docker's fallback too, for a host without a resolver that a container can reach. */
export const FALLBACK = ['8.8.8.8', '8.8.4.4'];

type Placed = Pick<Endpoint, 'driver' | 'address' | 'address6' | 'gateway' | 'gateway6'>;
const onHost = (endpoints: readonly Placed[]) => endpoints.some(({ driver }) => driver === 'host');
/** The address that reaches the host. In the host's own namespace it is the loopback. */
const hostGateway = (endpoints: readonly Placed[]) =>
  onHost(endpoints)
    ? '127.0.0.1'
    : (endpoints.find(({ gateway }) => gateway)?.gateway ?? endpoints.find(({ gateway6 }) => gateway6)?.gateway6);

/** The full name, then its first part, because programs also look up their host by it. dockerd does the same. */
function namesOf(hostname: string, domainname?: string): string[] {
  const full = domainname ? `${hostname}.${domainname}` : hostname;
  return [...new Set([full, full.split('.', 1)[0] || full])];
}

/** The line of /etc/hosts for one address of the container. */
export const hostLine = (address: string, hostname: string, domainname?: string): string =>
  `${address}\t${namesOf(hostname, domainname).join(' ')}`;

/** A regular expression would need quadratic time for a file of newlines. */
export function withoutNewlines(content: string): string {
  let end = content.length;
  while (content[end - 1] === '\n') end--;
  return content.slice(0, end);
}

/** A hosts file without the lines of this address. */
export const withoutAddress = (content: string, address: string): string =>
  content
    .split('\n')
    .filter((line) => line.trim().split(/\s/)[0] !== address)
    .join('\n');

/** Both addresses of an endpoint, as far as it has them. */
export const addressesOf = ({ address, address6 }: Pick<Endpoint, 'address' | 'address6'>): string[] =>
  [address, address6].filter((one) => one !== undefined);

export interface HostsFor {
  endpoints: readonly Placed[];
  hostname: string;
  domainname?: string;
  extra: readonly string[];
  /** lines for --link */
  links?: readonly string[];
  hostFile: string;
}

export function hostsFile({ endpoints, hostname, domainname, extra, links = [], hostFile }: HostsFor): string {
  const lines = onHost(endpoints) ? [withoutNewlines(hostFile)] : [...LOCAL];
  for (const { name, address } of extra.flatMap((entry) => parseHost(entry) ?? []))
    lines.push(`${address === 'host-gateway' ? hostGateway(endpoints) : address}\t${name}`);
  lines.push(...links);
  for (const one of endpoints.flatMap(addressesOf)) lines.push(hostLine(one, hostname, domainname));
  return `${lines.join('\n')}\n`;
}

const field = (text: string, keyword: string) =>
  text
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(([word]) => word === keyword)
    .map(([, ...rest]) => rest);
/** False for the host's loopback, because inside a container the loopback is its own. */
const reachable = (server: string) => !/^127\.|^::1$|^0\.0\.0\.0$|%/.test(server);

/** `other`: lines that only the resolver inside interprets: sortlist, lookup, … */
export interface Resolver {
  nameservers: string[];
  search: string[];
  options: string[];
  other: string[];
}
const KNOWN = /^\s*(nameserver|search|domain|options)(\s|$)|^\s*([#;]|$)/;
export function parseResolvConf(text: string): Resolver {
  return {
    nameservers: field(text, 'nameserver').flatMap(([server]) => (server ? [server] : [])),
    search: [field(text, 'search'), field(text, 'domain')].find((lines) => lines.length)?.at(-1) ?? [],
    options: field(text, 'options').flat(),
    other: text.split('\n').filter((line) => !KNOWN.test(line)),
  };
}

export interface ResolvConfFor {
  /** true in the host's own network namespace */
  onHost: boolean;
  hostFile: string;
  dns: readonly string[];
  search: readonly string[];
  options: readonly string[];
}

/** The requested settings, or else the host's. In the host's own namespace its loopback resolvers work and are kept. */
export function resolvConf({ onHost: shared, hostFile, dns, search, options }: ResolvConfFor): string {
  const host = parseResolvConf(hostFile);
  const asked = dns.length + search.length + options.length > 0;
  if (shared && !asked && host.nameservers.length) return hostFile;
  const inherited = host.nameservers.filter((server) => shared || reachable(server));
  const servers = dns.length ? dns : inherited.length ? inherited : FALLBACK;
  const domains = search.length ? search.filter((domain) => domain !== '.') : host.search;
  const lines = servers.map((server) => `nameserver ${server}`);
  if (!dns.length && !inherited.length)
    lines.unshift('# the host names no resolver that a container can reach: these are public ones');
  if (domains.length) lines.push(`search ${domains.join(' ')}`);
  const chosen = options.length ? options : host.options;
  if (chosen.length) lines.push(`options ${chosen.join(' ')}`);
  return `${[...lines, ...host.other].join('\n')}\n`;
}

/** True when all resolvers are on the host's loopback: systemd-resolved keeps the real ones in another file. */
export const onlyLoopback = (text: string): boolean => {
  const { nameservers } = parseResolvConf(text);
  return nameservers.length > 0 && !nameservers.some(reachable);
};
