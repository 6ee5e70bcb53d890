/**
 * Expressions of nf_tables, the instructions of a rule (linux/netfilter/nf_tables.h). They work on registers:
 * `meta oifname => reg 1` loads, `cmp reg 1 neq "drydock0"` ends the rule unless the comparison is true,
 * `immediate reg 0 accept` sets the verdict.
 */
import { at, type Fields, type Schema } from '../attribute.ts';
import { ipBytes } from '../../ip-bytes.ts';
import { be32, be64, bytes, nested, shown, text } from '../codecs.ts';
import { NFPROTO } from './nfgenmsg.ts';

const NFT_REG_VERDICT = 0;
const NFT_REG_1 = 1;
const NFT_REG_2 = 2;
const CMP = { eq: 0, neq: 1 } as const;
export const META = { iifname: 6, oifname: 7, nftrace: 12, l4proto: 16 } as const;
const NFT_PAYLOAD_NETWORK_HEADER = 1;
export const NFT_PAYLOAD_TRANSPORT_HEADER = 2;
export const CT = { state: 0, status: 2 } as const;
/** linux/netfilter/nf_conntrack_common.h: a bit of `ct status` */
export const IPS_DST_NAT = 1 << 5;
const NFT_NAT_DNAT = 1;
const NFT_FIB_RESULT_ADDRTYPE = 3;
const NFTA_FIB_F_DADDR = 2;
/** linux/rtnetlink.h: the type of an address that belongs to this host */
export const RTN_LOCAL = 2;
/** linux/netfilter/nf_conntrack_common.h: bits of `ct state` */
export const CT_STATE = { established: 2, related: 4, new: 8 } as const;
export const VERDICT = { drop: 0, accept: 1, jump: -3, goto: -4, return: -5 } as const;
const IFNAMSIZ = 16;

const named = (table: Record<string, number>) =>
  shown(be32, (value) => Object.entries(table).find(([, number]) => number === value)?.[0] ?? String(value));
const verdict: Schema = { code: at(1, named(VERDICT)), chain: at(2, text) };
const data: Schema = {
  value: at(1, bytes),
  verdict: at(
    2,
    nested(() => verdict),
  ),
};
const value = nested(() => data);

const byName = new Map(
  Object.entries<Schema>({
    meta: { dreg: at(1, be32), key: at(2, named(META)), sreg: at(3, be32) },
    payload: {
      dreg: at(1, be32),
      base: at(2, be32),
      offset: at(3, be32),
      len: at(4, be32),
      sreg: at(5, be32),
      csum_type: at(6, be32),
      csum_offset: at(7, be32),
    },
    bitwise: { sreg: at(1, be32), dreg: at(2, be32), len: at(3, be32), mask: at(4, value), xor: at(5, value) },
    cmp: { sreg: at(1, be32), op: at(2, named(CMP)), data: at(3, value) },
    ct: { dreg: at(1, be32), key: at(2, named(CT)) },
    fib: { dreg: at(1, be32), result: at(2, be32), flags: at(3, be32) },
    nat: { type: at(1, be32), family: at(2, be32), reg_addr_min: at(3, be32), reg_proto_min: at(5, be32) },
    immediate: { dreg: at(1, be32), data: at(2, value) },
    counter: { bytes: at(1, be64), packets: at(2, be64) },
    masq: {},
    reject: { type: at(1, be32) },
    // a target of iptables(8) that has no expression of its own
    target: { name: at(1, text) },
  }),
);
export const expression: Schema = {
  name: at(1, text),
  data: at(2, ({ name }) => {
    const schema = byName.get(String(name));
    return schema ? nested(() => schema) : bytes;
  }),
};

const make = (name: string, fields: Fields): Fields => ({ name, data: fields });
const be16 = (value: number) => Buffer.from([value >> 8, value & 255]);
/** Registers hold numbers of the kernel in the machine's byte order. */
const native32 = (value: number) => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
};
const compare = (op: keyof typeof CMP, wanted: Buffer) =>
  make('cmp', { sreg: NFT_REG_1, op: CMP[op], data: { value: wanted } });
const masked = (mask: Buffer) =>
  make('bitwise', {
    sreg: NFT_REG_1,
    dreg: NFT_REG_1,
    len: mask.length,
    mask: { value: mask },
    xor: { value: Buffer.alloc(mask.length) },
  });
function addressBytes(address: string): Buffer {
  const found = ipBytes(address);
  if (!found) throw new Error(`not an IP address: ${address}`);
  return found;
}

/** Matches packets by the name of the link through which they came in or leave. */
export function linkIs(key: 'iifname' | 'oifname', op: keyof typeof CMP, name: string): Fields[] {
  const padded = Buffer.alloc(IFNAMSIZ);
  padded.write(name);
  return [make('meta', { dreg: NFT_REG_1, key: META[key] }), compare(op, padded)];
}

/** The offsets of the addresses in an IPv4 and in an IPv6 header. */
export const SADDR = 12;
export const DADDR = 16;
export const SADDR6 = 8;
export const DADDR6 = 24;
const OFFSETS = { source: { 4: SADDR, 16: SADDR6 }, destination: { 4: DADDR, 16: DADDR6 } } as const;
function addressIn(which: keyof typeof OFFSETS, op: keyof typeof CMP, network: string, netmask?: string): Fields[] {
  const wanted = addressBytes(network);
  const offset = OFFSETS[which][wanted.length as 4 | 16];
  const load = make('payload', { dreg: NFT_REG_1, base: NFT_PAYLOAD_NETWORK_HEADER, offset, len: wanted.length });
  return [load, ...(netmask === undefined ? [] : [masked(addressBytes(netmask))]), compare(op, wanted)];
}
/** The family of the address decides which header is looked at: use it in a table of that family only. */
export const sourceIn = (network: string, netmask: string): Fields[] => addressIn('source', 'eq', network, netmask);
export const destinationIs = (address: string): Fields[] => addressIn('destination', 'eq', address);
export const destinationIn = (network: string, netmask: string): Fields[] =>
  addressIn('destination', 'eq', network, netmask);
export const destinationNotIn = (network: string, netmask: string): Fields[] =>
  addressIn('destination', 'neq', network, netmask);

/** Matches packets to an address of this host: `fib daddr type local`. */
export const destinationIsLocal: readonly Fields[] = [
  make('fib', { dreg: NFT_REG_1, result: NFT_FIB_RESULT_ADDRTYPE, flags: NFTA_FIB_F_DADDR }),
  compare('eq', native32(RTN_LOCAL)),
];

/** The offset of the source port in a TCP or UDP header. */
export const SPORT = 0;
export const DPORT = 2;
const portIs = (offset: number, protocol: number, port: number): Fields[] => [
  make('meta', { dreg: NFT_REG_1, key: META.l4proto }),
  compare('eq', Buffer.from([protocol])),
  make('payload', { dreg: NFT_REG_1, base: NFT_PAYLOAD_TRANSPORT_HEADER, offset, len: 2 }),
  compare('eq', be16(port)),
];
/** Matches packets by protocol (a number of protocols(5)) and port. */
export const destinationPort = (protocol: number, port: number): Fields[] => portIs(DPORT, protocol, port);
export const sourcePort = (protocol: number, port: number): Fields[] => portIs(SPORT, protocol, port);

const NFT_PAYLOAD_CSUM_INET = 1;
const CHECKSUM: Record<number, number> = { 6: 16, 17: 6 };
/** Writes a port into a TCP or UDP header and corrects the checksum. No connection tracking is involved. */
export const writePort = (protocol: 6 | 17, offset: number, port: number): Fields[] => [
  make('immediate', { dreg: NFT_REG_1, data: { value: be16(port) } }),
  make('payload', {
    sreg: NFT_REG_1,
    base: NFT_PAYLOAD_TRANSPORT_HEADER,
    offset,
    len: 2,
    csum_type: NFT_PAYLOAD_CSUM_INET,
    csum_offset: CHECKSUM[protocol]!,
  }),
];

/** Replaces the destination by this address and port; the connection's other packets follow by themselves. */
export const rewriteDestination = (address: string, port: number): Fields[] => [
  make('immediate', { dreg: NFT_REG_1, data: { value: addressBytes(address) } }),
  make('immediate', { dreg: NFT_REG_2, data: { value: be16(port) } }),
  make('nat', {
    type: NFT_NAT_DNAT,
    family: address.includes(':') ? NFPROTO.ip6 : NFPROTO.ip,
    reg_addr_min: NFT_REG_1,
    reg_proto_min: NFT_REG_2,
  }),
];

/** Matches packets by their connection tracking state; `states` are bits of CT_STATE. */
export function stateIn(states: number): Fields[] {
  return trackedAs(CT.state, states);
}
/** Matches packets of connections whose destination was replaced: `ct status dnat`. */
export const destinationRewritten: readonly Fields[] = trackedAs(CT.status, IPS_DST_NAT);
function trackedAs(key: number, bits: number): Fields[] {
  return [make('ct', { dreg: NFT_REG_1, key }), masked(native32(bits)), compare('neq', Buffer.alloc(4))];
}

/** From here on the kernel reports each rule that the packet meets: trace.ts. */
export const traceOn: readonly Fields[] = [
  make('immediate', { dreg: NFT_REG_1, data: { value: Buffer.from([1]) } }),
  make('meta', { sreg: NFT_REG_1, key: META.nftrace }),
];

/** Counts the packets that reach it. */
export const counter: Fields = make('counter', { bytes: 0, packets: 0 });
/** Replaces the source address by that of the link through which the packet leaves. */
export const masquerade: Fields = make('masq', {});
export const decide = (code: 'drop' | 'accept'): Fields =>
  make('immediate', { dreg: NFT_REG_VERDICT, data: { verdict: { code: VERDICT[code] } } });
export const jumpTo = (chain: string): Fields =>
  make('immediate', { dreg: NFT_REG_VERDICT, data: { verdict: { code: VERDICT.jump, chain } } });
