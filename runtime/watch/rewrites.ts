/**
 * The address that a packet gets when it leaves the host, as conntrack shows it in /proc/net/nf_conntrack, if the
 * kernel has that file.
 *
 *   ipv4 2 udp 17 29 src=172.30.0.2 dst=9.9.9.9 sport=40000 dport=53 [UNREPLIED]
 *                    └ the packet as it was sent
 *                    src=9.9.9.9 dst=192.0.2.2 sport=53 dport=40000 mark=0 …
 *                    └ the expected reply; its dst is the sender that the packet now shows
 *
 * Both parts are on one line of the file.
 */
import { closeSync, existsSync, openSync, readSync } from 'node:fs';
import { NETLINK_ROUTE } from '../syscalls/constants.ts';
import type { Kernel } from '../kernel/kernel.ts';
import { getLink, linkOf } from '../kernel/netlink/route/link.ts';
import { getRoute, wayOf } from '../kernel/netlink/route/route.ts';
import { withNetlink } from '../kernel/netlink/socket.ts';
import type { Container } from '../container/container.ts';
import { contains } from '../network/ipam/ipv4.ts';

/** Addresses have a port if the protocol has ports. */
export interface Rewrite {
  protocol: string;
  from: string;
  to: string;
  target: string;
  /** the host's link through which packets to the target leave; absent when the host has no route there */
  link?: string;
}

const FILE = '/proc/net/nf_conntrack';
/**
 * Whether the table can be read: only with CONFIG_NF_CONNTRACK_PROCFS and nf_conntrack loaded. Without it rewriting is
 * unknown, which is not the same as none.
 */
export const rewritesKnown = (): boolean => existsSync(FILE);
/** The most that is read. On a busy host the newest connections may come after this and then are not shown. */
const ROOM = 512 * 1024;
const MOST = 16;
export const REST_MS = 500;

const ADDRESS = /\bsrc=(\S+) dst=(\S+)(?: sport=(\d+) dport=(\d+))?/g;
const withPort = (address: string | undefined, port: string | undefined) =>
  `${address ?? '?'}${port ? `:${port}` : ''}`;

/** The connections from this address whose replies go to another address. */
export function rewritesIn(table: string, address: string): Rewrite[] {
  const found: Rewrite[] = [];
  for (const line of table.split('\n')) {
    if (!line.includes(`src=${address} `)) continue;
    const [sent, answer] = [...line.matchAll(ADDRESS)];
    if (!sent || !answer || sent[1] !== address || answer[2] === address) continue;
    found.push({
      protocol: line.split(/\s+/)[2] ?? '',
      from: withPort(address, sent[3]),
      to: withPort(answer[2], answer[4]),
      target: withPort(sent[2], sent[4]),
    });
    if (found.length === MOST) break;
  }
  return found;
}

function readTable(): string {
  const table = Buffer.alloc(ROOM);
  const fd = openSync(FILE, 'r');
  try {
    let length = 0;
    // the kernel returns a page at a time
    for (let more = 1; more > 0 && length < ROOM; length += more)
      more = readSync(fd, table, length, ROOM - length, null);
    return table.toString('latin1', 0, length);
  } finally {
    closeSync(fd);
  }
}

/** Whether an IPv4 packet goes from the container beyond the bridge's network; only such packets are rewritten. */
function leaves(packet: Buffer, address: string, prefix: number): boolean {
  if (packet.length < 34 || packet.readUInt16BE(12) !== 0x0800 || packet.subarray(26, 30).join('.') !== address)
    return false;
  return packet[30]! < 224 && !contains({ address, prefix }, packet.subarray(30, 34).join('.'));
}

/** Adds the links, by the host's own routes: rtnetlink(7), RTM_GETROUTE. */
async function withLinks(k: Kernel, rewrites: readonly Rewrite[]): Promise<Rewrite[]> {
  const known = new Map<string, string | undefined>();
  return withNetlink(k, NETLINK_ROUTE, async (socket) => {
    for (const address of new Set(rewrites.map(addressOf))) {
      const link = await socket
        .get(...getRoute(address))
        .then(async (route) => linkOf(await socket.get(...getLink(wayOf(route).oif))).name)
        .catch(() => undefined);
      known.set(address, link);
    }
    return rewrites.map((one) => {
      const link = known.get(addressOf(one));
      return link === undefined ? one : { ...one, link };
    });
  });
}
const addressOf = ({ target }: Rewrite): string => target.replace(/:\d+$/, '');

const asked = new WeakMap<Container, number>();

/**
 * Reads the table only when a packet has left, at most twice a second: undefined when it is too early to read it again.
 * Empty where the kernel has no table.
 */
export async function rewritesOf(
  k: Kernel,
  container: Container,
  packets: readonly Buffer[],
): Promise<Rewrite[] | undefined> {
  const { address, prefix } = container.endpoints.find((endpoint) => endpoint.address) ?? {};
  if (!address || !prefix || !packets.some((packet) => leaves(packet, address, prefix))) return [];
  const now = performance.now();
  if (now - (asked.get(container) ?? -REST_MS) < REST_MS) return undefined;
  asked.set(container, now);
  try {
    return await withLinks(k, rewritesIn(readTable(), address));
  } catch {
    return [];
  }
}
