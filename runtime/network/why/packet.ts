/**
 * Packets with a TCP header, RFC 791, RFC 8200 and RFC 9293, for a probe that comes from outside.
 *
 *   0              20             40             60
 *   | IPv4 header  | TCP header   |
 *   | IPv6 header                 | TCP header   |
 */
import { ipBytes } from '../../kernel/ip-bytes.ts';
import { TCP_FLAGS } from '../../kernel/netlink/nftables/trace.ts';

export interface Segment {
  source: string;
  sourcePort: number;
  destination: string;
  port: number;
  sequence: number;
  /** bits of TCP_FLAGS */
  flags: number;
}

const IP_HEADER = 20;
const IP6_HEADER = 40;
const TCP_HEADER = 20;
const TCP = 6;
const ICMP = 1;
const ICMP6 = 58;
const TTL = 64;

/** RFC 1071 */
function checksum(bytes: Buffer): number {
  let sum = 0;
  for (let at = 0; at + 1 < bytes.length; at += 2) sum += bytes.readUInt16BE(at);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

function headerOf(source: Buffer, destination: Buffer): Buffer {
  const six = source.length === 16;
  const head = Buffer.alloc(six ? IP6_HEADER : IP_HEADER);
  if (six) {
    head.writeUInt8(0x60, 0);
    head.writeUInt16BE(TCP_HEADER, 4);
    head.writeUInt8(TCP, 6);
    head.writeUInt8(TTL, 7);
    return Buffer.concat([head.subarray(0, 8), source, destination]);
  }
  head.writeUInt8(0x45, 0);
  head.writeUInt16BE(IP_HEADER + TCP_HEADER, 2);
  head.writeUInt8(TTL, 8);
  head.writeUInt8(TCP, 9);
  source.copy(head, 12);
  destination.copy(head, 16);
  head.writeUInt16BE(checksum(head), 10);
  return head;
}

/** Throws for an address that is none, and for two of different families. */
export function segmentBytes({ source, sourcePort, destination, port, sequence, flags }: Segment): Buffer {
  const [from, to] = [ipBytes(source), ipBytes(destination)];
  if (!from || from.length !== to?.length) throw new Error(`no packet from ${source} to ${destination}`);
  const [head, tcp] = [headerOf(from, to), Buffer.alloc(TCP_HEADER)];
  tcp.writeUInt16BE(sourcePort, 0);
  tcp.writeUInt16BE(port, 2);
  tcp.writeUInt32BE(sequence, 4);
  tcp.writeUInt8((TCP_HEADER / 4) << 4, 12);
  tcp.writeUInt8(flags, 13);
  tcp.writeUInt16BE(0xffff, 14);
  const pseudo = Buffer.from([0, TCP, 0, TCP_HEADER]);
  tcp.writeUInt16BE(checksum(Buffer.concat([from, to, pseudo, tcp])), 16);
  return Buffer.concat([head, tcp]);
}

/** The types of ICMP messages: destination unreachable. */
const UNREACHABLE: Record<number, number> = { [ICMP]: 3, [ICMP6]: 1 };

function payloadIn(bytes: Buffer): { protocol: number; payload: Buffer } | undefined {
  if (bytes.length < IP_HEADER) return undefined;
  const version = bytes.readUInt8(0) >> 4;
  if (version === 4) return { protocol: bytes.readUInt8(9), payload: bytes.subarray((bytes.readUInt8(0) & 15) * 4) };
  // what the kernel answers has no extension header
  if (version === 6 && bytes.length >= IP6_HEADER)
    return { protocol: bytes.readUInt8(6), payload: bytes.subarray(IP6_HEADER) };
  return undefined;
}

/** What this packet says to the probe: undefined for one that is no answer to it. */
export function answerIn(bytes: Buffer, port: number): string | undefined {
  const found = payloadIn(bytes);
  if (!found) return undefined;
  const { protocol, payload } = found;
  const unreachable = UNREACHABLE[protocol];
  if (unreachable) return payload.length > 1 && payload.readUInt8(0) === unreachable ? 'EHOSTUNREACH' : undefined;
  if (protocol !== TCP || payload.length < TCP_HEADER || payload.readUInt16BE(2) !== port) return undefined;
  const flags = payload.readUInt8(13);
  if (flags & TCP_FLAGS.RST) return 'ECONNREFUSED';
  return flags & TCP_FLAGS.SYN ? 'accepted' : undefined;
}
