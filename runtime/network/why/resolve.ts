/** Finds the address of a name as a program there would: in its hosts file, then by the servers of resolv.conf. */
import { randomInt } from 'node:crypto';
import { isIP } from 'node:net';
import { SOCK } from '../../syscalls/constants.ts';
import { tolerate } from '../../kernel/errors.ts';
import type { Kernel } from '../../kernel/kernel.ts';
import { parseResolvConf } from '../names/files.ts';
import { SERVER } from '../names/redirect.ts';
import { sockaddr, familyOf } from '../ports/sockaddr.ts';
import { nameQuery, readAnswer, type NameAnswer, type RecordType } from './message.ts';
import { socketIn, type Place } from './place.ts';
import { readableWithin } from './probe.ts';

const ROOM = 64 * 1024;
const MSG_DONTWAIT = 0x40;
const DATAGRAM = 4096;
const ANSWER_MS = 2500;
/** resolv.conf(5): MAXNS, MAXDNSRCH */
const MOST_SERVERS = 3;
const MOST_DOMAINS = 6;
const PORT = 53;

export interface Resolved {
  /** undefined: nothing that was asked knows the name */
  address?: string;
  /** where the answer comes from: the path of a file, or a server's address */
  by: string;
  /** a line for each thing that was asked */
  evidence: string[];
}

async function textOf(k: Kernel, path: string): Promise<string> {
  return (await tolerate(['ENOENT', 'ENOTDIR'], k.daemon.read_file(path, ROOM)))?.toString('utf8') ?? '';
}
const filesOf = ({ container }: Place) =>
  container
    ? { hosts: container.paths.hosts, resolvConf: container.paths.resolvConf }
    : { hosts: '/etc/hosts', resolvConf: '/etc/resolv.conf' };

const version: Record<RecordType, number> = { A: 4, AAAA: 6 };
/** The first line that has the name and an address of that kind. */
const lineWith = (text: string, name: string, type: RecordType): string[] | undefined =>
  text
    .split('\n')
    .map((line) => line.replace(/#.*/, '').trim().split(/\s+/))
    .find(
      ([address = '', ...names]) => isIP(address) === version[type] && names.some((one) => one.toLowerCase() === name),
    );

/** The names to ask for, in order: resolv.conf(5), search and ndots. */
function candidates(name: string, search: readonly string[], options: readonly string[]): string[] {
  const ndots = Number(options.map((option) => /^ndots:(\d+)$/.exec(option)?.[1]).find(Boolean) ?? 1);
  const longer = search.slice(0, MOST_DOMAINS).map((domain) => `${name}.${domain.replace(/\.$/, '')}`);
  return name.split('.').length - 1 >= ndots ? [name, ...longer] : [...longer, name];
}

/** Sends one datagram and awaits the answer; an errno's name, or 'no answer'. */
async function ask(
  k: Kernel,
  place: Place,
  server: string,
  name: string,
  type: RecordType,
): Promise<NameAnswer | string> {
  const query = nameQuery(name, randomInt(0x10000), type);
  if (!query) return 'no name that can be asked for';
  const fd = await socketIn(k, place, familyOf(server), SOCK.SOCK_DGRAM | SOCK.SOCK_NONBLOCK, 0);
  try {
    await k.daemon.connect(fd, sockaddr(server, PORT));
    await k.daemon.sendto(fd, query, 0, null);
    for (const end = Date.now() + ANSWER_MS; ;) {
      if (!(await readableWithin(k, fd, end - Date.now()))) return `no answer in ${ANSWER_MS / 1000} s`;
      const { ret, out } = await k.run({ actor: 'daemon', name: 'recvfrom', args: [fd, DATAGRAM, MSG_DONTWAIT] });
      const answer = readAnswer(out.subarray(0, ret), query);
      if (answer) return answer;
    }
  } catch (error) {
    return (error as { code?: string }).code ?? String(error);
  } finally {
    await k.daemon.close(fd);
  }
}

const whose = (server: string, { name, container }: Place): string =>
  server === SERVER && container ? `${server} (Drydock's name server in the network namespace of ${name})` : server;

/**
 * `types`: the kinds of addresses in the order in which they are asked for; the first kind that the name has is taken.
 */
export async function resolveName(
  k: Kernel,
  place: Place,
  asked: string,
  types: readonly RecordType[],
): Promise<Resolved> {
  const evidence: string[] = [];
  let by = '';
  for (const type of types) {
    const found = await resolveKind(k, place, asked, type);
    evidence.push(...found.evidence.filter((line) => !evidence.includes(line)));
    if (found.address) return { ...found, evidence };
    ({ by } = found);
  }
  return { by, evidence };
}

async function resolveKind(k: Kernel, place: Place, asked: string, type: RecordType): Promise<Resolved> {
  const name = asked.toLowerCase();
  const files = filesOf(place);
  const line = lineWith(await textOf(k, files.hosts), name, type);
  if (line)
    return { address: line[0]!, by: '/etc/hosts', evidence: [`/etc/hosts of ${place.name}: ${line.join(' ')}`] };
  const { nameservers, search, options } = parseResolvConf(await textOf(k, files.resolvConf));
  const servers = (nameservers.length ? nameservers : ['127.0.0.1']).slice(0, MOST_SERVERS);
  const evidence = [
    `/etc/hosts of ${place.name}: no line for ${name}${type === 'AAAA' ? ' with an IPv6 address' : ''}`,
    `/etc/resolv.conf of ${place.name}: ${servers.map((one) => `nameserver ${one}`).join(', ')}`,
  ];
  for (const one of candidates(name, search, options)) {
    for (const server of servers) {
      const answer = await ask(k, place, server, one, type);
      const words = typeof answer === 'string' ? answer : `${answer.code} ${answer.addresses.join(' ')}`.trim();
      evidence.push(`${whose(server, place)}: ${type}? ${one} → ${words}`);
      const address = typeof answer === 'string' ? undefined : answer.addresses[0];
      if (address) return { address, by: server, evidence };
      // a server that knows the name, or knows that there is none, has answered for the others
      if (typeof answer !== 'string' && /NOERROR|NXDOMAIN/.test(answer.code)) break;
    }
  }
  return { by: servers.join(', '), evidence };
}
