/**
 * IPv4 packets with a TCP header, RFC 791 and RFC 9293, for a probe that comes from outside.
 *
 *   0              20             40
 *   | IPv4 header  | TCP header   |
 */
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
const TCP_HEADER = 20;
const TCP = 6;
const ICMP = 1;
const TTL = 64;

/** RFC 1071 */
function checksum(bytes: Buffer): number {
  let sum = 0;
  for (let at = 0; at + 1 < bytes.length; at += 2) sum += bytes.readUInt16BE(at);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}
const address = (text: string) => Buffer.from(text.split('.').map(Number));

export function segmentBytes({ source, sourcePort, destination, port, sequence, flags }: Segment): Buffer {
  const [head, tcp] = [Buffer.alloc(IP_HEADER), Buffer.alloc(TCP_HEADER)];
  head.writeUInt8(0x45, 0);
  head.writeUInt16BE(IP_HEADER + TCP_HEADER, 2);
  head.writeUInt8(TTL, 8);
  head.writeUInt8(TCP, 9);
  address(source).copy(head, 12);
  address(destination).copy(head, 16);
  head.writeUInt16BE(checksum(head), 10);
  tcp.writeUInt16BE(sourcePort, 0);
  tcp.writeUInt16BE(port, 2);
  tcp.writeUInt32BE(sequence, 4);
  tcp.writeUInt8((TCP_HEADER / 4) << 4, 12);
  tcp.writeUInt8(flags, 13);
  tcp.writeUInt16BE(0xffff, 14);
  const pseudo = Buffer.from([0, TCP, 0, TCP_HEADER]);
  tcp.writeUInt16BE(checksum(Buffer.concat([head.subarray(12), pseudo, tcp])), 16);
  return Buffer.concat([head, tcp]);
}

/** What this packet says to the probe: undefined for one that is no answer to it. */
export function answerIn(bytes: Buffer, port: number): string | undefined {
  if (bytes.length < IP_HEADER || bytes.readUInt8(0) >> 4 !== 4) return undefined;
  const payload = bytes.subarray((bytes.readUInt8(0) & 15) * 4);
  // ICMP type 3: destination unreachable
  if (bytes.readUInt8(9) === ICMP) return payload.length > 1 && payload.readUInt8(0) === 3 ? 'EHOSTUNREACH' : undefined;
  if (bytes.readUInt8(9) !== TCP || payload.length < TCP_HEADER || payload.readUInt16BE(2) !== port) return undefined;
  const flags = payload.readUInt8(13);
  if (flags & TCP_FLAGS.RST) return 'ECONNREFUSED';
  return flags & TCP_FLAGS.SYN ? 'accepted' : undefined;
}
