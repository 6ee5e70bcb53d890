/**
 * Decodes the headers of a packet, as far as they were kept. The bytes come from a container and may be anything, so
 * nothing is read beyond their end and no length in them is trusted. Pure; the web page uses it.
 *
 *   | target mac: 6 | source mac: 6 | type: 2 | ARP (RFC 826), IPv4 (RFC 791) with ICMP, TCP or UDP, IPv6 (RFC 8200) |
 */
export type Protocol = 'ARP' | 'ICMP' | 'TCP' | 'UDP' | 'IPv4' | 'IPv6' | 'other';
/** `source` and `target`: IP addresses if the packet has them, else MAC addresses. `words`: what the packet is for. */
export interface Headers {
  protocol: Protocol;
  sourceMac: string;
  targetMac: string;
  source: string;
  target: string;
  ports?: readonly [number, number];
  words: string;
}

/** Reads bytes at offsets; undefined beyond the end. */
class Reader {
  constructor(
    private readonly bytes: Uint8Array,
    private readonly from = 0,
  ) {}
  u8 = (at: number): number | undefined => this.bytes[this.from + at];
  u16(at: number): number | undefined {
    const [high, low] = [this.u8(at), this.u8(at + 1)];
    return high === undefined || low === undefined ? undefined : high * 256 + low;
  }
  slice = (at: number, length: number): Uint8Array | undefined =>
    this.from + at + length <= this.bytes.length
      ? this.bytes.subarray(this.from + at, this.from + at + length)
      : undefined;
  after = (at: number): Reader => new Reader(this.bytes, this.from + at);
}

const hex = (byte: number) => byte.toString(16).padStart(2, '0');
const mac = (bytes: Uint8Array | undefined): string => (bytes ? [...bytes].map(hex).join(':') : '?');
const ipv4 = (bytes: Uint8Array | undefined): string => (bytes ? bytes.join('.') : '?');
/** The longest run of zero groups becomes '::' (RFC 5952). */
function ipv6(bytes: Uint8Array | undefined): string {
  if (!bytes) return '?';
  const groups = Array.from({ length: 8 }, (_, j) => (bytes[2 * j]! * 256 + bytes[2 * j + 1]!).toString(16)).join(':');
  const longest = [...groups.matchAll(/(?:^|:)0(?::0)+(?=:|$)/g)].sort((a, b) => b[0].length - a[0].length)[0];
  return longest
    ? `${groups.slice(0, longest.index)}::${groups.slice(longest.index + longest[0].length).replace(/^:/, '')}`
    : groups;
}

type Inner = Pick<Headers, 'protocol' | 'words'> & { ports?: readonly [number, number] };
const CUT = 'cut off';
const FLAGS = [
  [2, 'SYN'],
  [16, 'ACK'],
  [1, 'FIN'],
  [4, 'RST'],
  [8, 'PSH'],
  [32, 'URG'],
] as const;
const ICMP: Record<number, string> = {
  0: 'echo reply',
  3: 'destination unreachable',
  5: 'redirect',
  8: 'echo request',
  11: 'time exceeded',
};
const UNREACHABLE = ['network', 'host', 'protocol', 'port', 'fragmentation needed'];

function ports(r: Reader): readonly [number, number] | undefined {
  const [source, target] = [r.u16(0), r.u16(2)];
  return source === undefined || target === undefined ? undefined : [source, target];
}
function tcp(r: Reader): Inner {
  const [both, flags] = [ports(r), r.u8(13)];
  const set =
    flags === undefined
      ? CUT
      : FLAGS.filter(([bit]) => flags & bit)
          .map(([, name]) => name)
          .join(' ') || 'no flags';
  return { protocol: 'TCP', words: set, ...(both && { ports: both }) };
}
function udp(r: Reader): Inner {
  const [both, length] = [ports(r), r.u16(4)];
  return {
    protocol: 'UDP',
    words: length === undefined ? CUT : `${Math.max(0, length - 8)} bytes`,
    ...(both && { ports: both }),
  };
}
function icmp(r: Reader): Inner {
  const [type, code] = [r.u8(0), r.u8(1)];
  if (type === undefined || code === undefined) return { protocol: 'ICMP', words: CUT };
  return {
    protocol: 'ICMP',
    words: type === 3 && UNREACHABLE[code] ? `${UNREACHABLE[code]} unreachable` : (ICMP[type] ?? `type ${type}`),
  };
}
const inner: Record<number, (r: Reader) => Inner> = { 1: icmp, 6: tcp, 17: udp };

function fromIpv4(r: Reader): Partial<Headers> & Inner {
  const ends = { source: ipv4(r.slice(12, 4)), target: ipv4(r.slice(16, 4)) };
  const [first, fragment, protocol] = [r.u8(0), r.u16(6), r.u8(9)];
  if (first === undefined || fragment === undefined || protocol === undefined)
    return { protocol: 'IPv4', words: CUT, ...ends };
  const length = (first & 15) * 4;
  if (first >> 4 !== 4 || length < 20) return { protocol: 'IPv4', words: 'malformed', ...ends };
  if (fragment & 0x1fff) return { protocol: 'IPv4', words: `a later fragment of protocol ${protocol}`, ...ends };
  return { ...ends, ...(inner[protocol]?.(r.after(length)) ?? { protocol: 'IPv4', words: `protocol ${protocol}` }) };
}
function fromIpv6(r: Reader): Partial<Headers> & Inner {
  const ends = { source: ipv6(r.slice(8, 16)), target: ipv6(r.slice(24, 16)) };
  const next = r.u8(6);
  if (next === undefined) return { protocol: 'IPv6', words: CUT, ...ends };
  if (next === 58) return { protocol: 'IPv6', words: 'ICMPv6', ...ends };
  return {
    ...ends,
    ...((next === 1 ? undefined : inner[next]?.(r.after(40))) ?? { protocol: 'IPv6', words: `next header ${next}` }),
  };
}
function fromArp(r: Reader): Partial<Headers> & Inner {
  const [source, target] = [ipv4(r.slice(14, 4)), ipv4(r.slice(24, 4))];
  const words = { 1: `who has ${target}? tell ${source}`, 2: `${source} is at ${mac(r.slice(8, 6))}` }[r.u16(6) ?? 0];
  return { protocol: 'ARP', source, target, words: words ?? (r.u16(6) === undefined ? CUT : `operation ${r.u16(6)}`) };
}
const types: Record<number, (r: Reader) => Partial<Headers> & Inner> = {
  0x0800: fromIpv4,
  0x0806: fromArp,
  0x86dd: fromIpv6,
};

/** Never throws. Parts that cannot be read are shown as unknown. */
export function headersOf(bytes: Uint8Array): Headers {
  const r = new Reader(bytes);
  const [targetMac, sourceMac, type] = [mac(r.slice(0, 6)), mac(r.slice(6, 6)), r.u16(12)];
  const outer: Headers = {
    protocol: 'other',
    sourceMac,
    targetMac,
    source: sourceMac,
    target: targetMac,
    words: type === undefined ? CUT : `ethernet type 0x${type.toString(16).padStart(4, '0')}`,
  };
  return type === undefined ? outer : { ...outer, ...types[type]?.(r.after(14)) };
}

/** Broadcast or multicast: the lowest bit of the first byte is set (IEEE 802.3). */
const isGroup = (mac: string) => (Number.parseInt(mac.slice(0, 2), 16) & 1) === 1;
/**
 * Whether the container sent the packet. Every packet on its link that is not for the container comes from it, because
 * no other machine is on that link. So a forged source address does not matter.
 */
export const isOut = ({ sourceMac, targetMac }: Headers, mac: string | undefined): boolean =>
  targetMac !== mac && !(isGroup(targetMac) && sourceMac !== mac);
