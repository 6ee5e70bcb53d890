/**
 * Finds a name's registry: mirrors come before docker.io, and TLS is required except on loopback and where the settings
 * allow plain HTTP.
 */
import { BlockList, isIP } from 'node:net';
import type { Settings } from '../../data-root/settings.ts';
import { badParameter } from '../../errors/api-error.ts';
import { isDockerHub, type Reference } from '../manifest/reference.ts';

export interface Endpoint {
  kind: 'mirror' | 'origin' | 'practice';
  /** 'https://registry-1.docker.io', in the order to try. Plain HTTP comes second, and only where it is allowed. */
  bases: string[];
}

const HUB_HOST = 'registry-1.docker.io';

function hostOf(domain: string): string {
  return URL.canParse(`http://${domain}`) ? new URL(`http://${domain}`).hostname.replace(/^\[|\]$/g, '') : domain;
}

function inList(address: string, networks: readonly string[]): boolean {
  const family = isIP(address);
  if (!family) return false;
  const list = new BlockList();
  for (const network of networks) {
    const [base = '', prefix = ''] = network.split('/');
    if (isIP(base)) list.addSubnet(base, Number(prefix), isIP(base) === 6 ? 'ipv6' : 'ipv4');
  }
  return list.check(address, family === 6 ? 'ipv6' : 'ipv4');
}

/**
 * Whether plain HTTP is allowed. dockerd, "Insecure registries": host, host:port or CIDR; 127.0.0.0/8 and ::1 always.
 */
export function mayBePlain(domain: string, settings: Pick<Settings, 'insecureRegistries'>): boolean {
  const host = hostOf(domain);
  if (host === 'localhost' || inList(host, ['127.0.0.0/8', '::1/128'])) return true;
  const { insecureRegistries: allowed } = settings;
  return (
    allowed.includes(domain) ||
    allowed.includes(host) ||
    inList(
      host,
      allowed.filter((entry) => entry.includes('/')),
    )
  );
}

function mirror(url: string): Endpoint {
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol))
    throw badParameter(`invalid registry mirror ${JSON.stringify(url)}: give a URL as https://mirror.example`);
  return { kind: 'mirror', bases: [url.replace(/\/+$/, '')] };
}

/** The endpoints in the order in which they are tried. */
export function endpointsOf(
  ref: Reference,
  settings: Pick<Settings, 'insecureRegistries' | 'registryMirrors'>,
): Endpoint[] {
  const host = isDockerHub(ref) ? HUB_HOST : ref.domain;
  const bases = [`https://${host}`, ...(mayBePlain(ref.domain, settings) ? [`http://${host}`] : [])];
  return [...(isDockerHub(ref) ? settings.registryMirrors.map(mirror) : []), { kind: 'origin', bases }];
}
