/** Where to: an address with a port, as people write it. */
import { isIP } from 'node:net';
import { badParameter } from '../../errors/api-error.ts';
import { ipBytes } from '../../kernel/ip-bytes.ts';
import { canonical, isSix } from '../ipam/family.ts';
import { hostText } from '../port.ts';

export interface Target {
  /** a name or an address; '' for a port alone, which is one of the host */
  host: string;
  port: number;
  protocol: Transport;
}
/** The protocols whose packets are followed. */
export type Transport = 'tcp' | 'udp';

/** The ports of schemes whose name is not enough to find one. */
const SCHEMES: Record<string, number> = {
  http: 80,
  https: 443,
  ws: 80,
  wss: 443,
  ftp: 21,
  ssh: 22,
  smtp: 25,
  ldap: 389,
  amqp: 5672,
  mqtt: 1883,
  nats: 4222,
  mysql: 3306,
  mariadb: 3306,
  postgres: 5432,
  postgresql: 5432,
  redis: 6379,
  mongodb: 27017,
  memcached: 11211,
  dns: 53,
};
/** fe80::/10, RFC 4291 */
export const isLinkLocal = (address: string): boolean => isSix(address) && /^fe[89ab]/i.test(address);
/** What is sent to ::ffff:10.0.0.1 leaves as IPv4: RFC 4291, section 2.5.5.2. */
function unmapped(address: string): string {
  const bytes = ipBytes(address);
  if (bytes?.length !== 16 || bytes.readUInt16BE(10) !== 0xffff || bytes.subarray(0, 10).some(Boolean)) return address;
  return bytes.subarray(12).join('.');
}
/** RFC 1035, section 2.3.4 */
const LONGEST = 253;
const NAME = /^[\w.-]+$/;

function portOf(text: string, whole: string): number {
  const port = Number(text);
  if (!/^\d{1,5}$/.test(text) || port < 1 || port > 65535)
    throw badParameter(`${JSON.stringify(whole)}: port ${JSON.stringify(text)} is not a number from 1 to 65535`);
  return port;
}

/** 'udp://db:53', 'dns://db' and 'db:53/udp' */
function transportOf(scheme: string | undefined, path: string): Transport {
  const name = scheme?.toLowerCase();
  return name === 'udp' || name === 'dns' || (!name && /^\/udp$/i.test(path)) ? 'udp' : 'tcp';
}

/** Reads 'http://db/', 'db:5432', 'db:53/udp', '1.1.1.1:443', '[::1]:80' and '8080'. Throws ApiError 400. */
export function parseTarget(whole: string): Target {
  const text = whole.slice(0, 2048);
  const [, scheme, rest = ''] = /^(?:([a-z][a-z0-9+.-]*):\/\/)?([^/?#]*)/i.exec(text) ?? [];
  const place = rest.slice(rest.lastIndexOf('@') + 1);
  const protocol = transportOf(scheme, text.slice(text.indexOf(rest) + rest.length));
  if (/^\d+$/.test(place) && !scheme) return { host: '', port: portOf(place, text), protocol };
  const [, inBrackets, bare, given] = /^(?:\[([^\]]*)\]|([^:[\]]*))(?::(.*))?$/.exec(place) ?? [];
  const host = inBrackets ?? bare ?? '';
  const port = given ? portOf(given, text) : scheme && SCHEMES[scheme.toLowerCase()];
  if (
    !host ||
    (inBrackets !== undefined && isIP(host) !== 6) ||
    (!isIP(host) && (!NAME.test(host) || host.length > LONGEST))
  )
    throw badParameter(`${JSON.stringify(text)} is neither a URL nor NAME:PORT nor ADDRESS:PORT`);
  if (!port) throw badParameter(`${JSON.stringify(text)} names no port: give ${host}:PORT`);
  if (host.includes('%') || (isIP(host) && isLinkLocal(host)))
    throw badParameter(`${host} is an address of one link only, of which each namespace has its own: give another one`);
  return { host: isIP(host) ? unmapped(canonical(host)) : host.replace(/\.$/, ''), port, protocol };
}

export const showTarget = ({ host, port, protocol }: Target): string =>
  `${hostText(host)}${host ? ':' : 'port '}${port}${protocol === 'udp' ? '/udp' : ''}`;
