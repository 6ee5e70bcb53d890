/**
 * resolv.conf of a container with a name server, and where that server asks for names it does not know. Facts about the
 * file are dockerd's: the host's search and options are kept, and ndots is 0 unless it is set.
 */
import { FALLBACK, parseResolvConf, type ResolvConfFor } from './files.ts';
import { ipBytes } from '../../kernel/ip-bytes.ts';
import { SERVER } from './redirect.ts';
import type { Upstream } from './table.ts';

export interface Served {
  file: string;
  upstream: Upstream;
  /** the resolver's options, as the file has them */
  options: readonly string[];
}

const isNdots = (option: string) => /^ndots(:|$)/.test(option);
const isValid = (option: string) => !isNdots(option) || /^ndots:\d+$/.test(option);

function withNdots(options: readonly string[]): string[] {
  const valid = options.filter(isValid);
  return valid.some(isNdots) ? valid : [...valid, 'ndots:0'];
}

export function served({ hostFile, dns, search, options }: Omit<ResolvConfFor, 'onHost'>): Served {
  const host = parseResolvConf(hostFile);
  const own = host.nameservers.filter((server) => ipBytes(server));
  const servers = dns.length ? [...dns] : own.length ? own : FALLBACK;
  const upstream = { servers, inside: dns.length > 0 };
  const chosen = withNdots(options.length ? options : host.options);
  const domains = search.length ? search.filter((domain) => domain !== '.') : host.search;
  const asked = [dns.length && 'nameservers', search.length && 'search', options.length && 'options'].filter(Boolean);
  const from = chosen.some((option) => isNdots(option) && options.includes(option))
    ? 'override'
    : host.options.some((option) => isNdots(option) && chosen.includes(option))
      ? 'host'
      : 'internal';
  const lines = [
    `nameserver ${SERVER}`,
    ...(domains.length ? [`search ${domains.join(' ')}`] : []),
    `options ${chosen.join(' ')}`,
    ...host.other,
    '',
    "# Based on host file: '/etc/resolv.conf' (internal resolver)",
    ...(upstream.inside || own.length ? [] : ['# Used default nameservers.']),
    `# ExtServers: [${servers.map((server) => (upstream.inside ? server : `host(${server})`)).join(' ')}]`,
    `# Overrides: [${asked.join(' ')}]`,
    `# Option ndots from: ${from}`,
  ];
  return { file: `${lines.join('\n')}\n`, upstream, options: chosen };
}
