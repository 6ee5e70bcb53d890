/**
 * Which address a packet has got on its way out, in conntrack's own words: /proc/net/nf_conntrack, where the kernel
 * gives it.
 *
 * ipv4 2 udp 17 29 src=172.30.0.2 dst=9.9.9.9 sport=40000 dport=53 [UNREPLIED] src=9.9.9.9 dst=192.0.2.2 sport=53
 * dport=40000 mark=0 …
 * └ as it was sent └ as the answer is expected: to whom the packet now seems to come from
 */
import { closeSync, existsSync, openSync, readSync } from 'node:fs';
import type { Container } from '../container/container.ts';
import { contains } from '../network/ipam/ipv4.ts';

/** Ports are there where the protocol has some. */
export interface Rewrite {
  protocol: string;
  from: string;
  to: string;
  target: string;
}

const FILE = '/proc/net/nf_conntrack';
/**
 * Only with CONFIG_NF_CONNTRACK_PROCFS and nf_conntrack loaded is there a table to read: without it nothing is known of
 * rewriting, and that is not the same as none.
 */
export const rewritesKnown = (): boolean => existsSync(FILE);
/** Of a busy host the newest connections may lie behind this, and are then not shown. */
const ROOM = 512 * 1024;
const MOST = 16;
const REST_MS = 500;

const ADDRESS = /\bsrc=(\S+) dst=(\S+)(?: sport=(\d+) dport=(\d+))?/g;
const withPort = (address: string | undefined, port: string | undefined) =>
  `${address ?? '?'}${port ? `:${port}` : ''}`;

/** The connections of this address whose answers go to another one. */
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
    // a page at a time, as the kernel gives it
    for (let more = 1; more > 0 && length < ROOM; length += more)
      more = readSync(fd, table, length, ROOM - length, null);
    return table.toString('latin1', 0, length);
  } finally {
    closeSync(fd);
  }
}

/** An IPv4 packet of the container's to somebody beyond the bridge; only such are rewritten. */
function leaves(packet: Buffer, address: string, prefix: number): boolean {
  if (packet.length < 34 || packet.readUInt16BE(12) !== 0x0800 || packet.subarray(26, 30).join('.') !== address)
    return false;
  return packet[30]! < 224 && !contains({ address, prefix }, packet.subarray(30, 34).join('.'));
}

const asked = new WeakMap<Container, number>();

/** Asked only when something has left, and not more than twice a second. Empty where the kernel does not say. */
export async function rewritesOf(container: Container, packets: readonly Buffer[]): Promise<Rewrite[]> {
  const { address, prefix } = container.endpoints.find((endpoint) => endpoint.address) ?? {};
  if (!address || !prefix || !packets.some((packet) => leaves(packet, address, prefix))) return [];
  const now = performance.now();
  if (now - (asked.get(container) ?? -REST_MS) < REST_MS) return [];
  asked.set(container, now);
  try {
    return rewritesIn(readTable(), address);
  } catch {
    return [];
  }
}
