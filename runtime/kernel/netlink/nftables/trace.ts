/**
 * What the kernel reports about a packet with `meta nftrace set 1`: a message for each rule that it matches, and for
 * the policy of each chain that decides. They go to the multicast group NFNLGRP_NFTRACE of the network namespace:
 * linux/netfilter/nf_tables.h, nft_trace_attributes.
 */
import { at, isFields, type Schema } from '../attribute.ts';
import { be16, be32, be64, bytes, nested, text } from '../codecs.ts';
import { toText6 } from '../ipv6-text.ts';
import type { Decoded, Kind } from '../message.ts';
import { nfgenmsg, nftType } from './nfgenmsg.ts';

/** linux/netfilter/nfnetlink.h */
export const NFNLGRP_NFTRACE = 9;

const verdict: Schema = { code: at(1, be32), chain: at(2, text) };
const trace: Schema = {
  table: at(1, text),
  chain: at(2, text),
  rule_handle: at(3, be64),
  type: at(4, be32),
  verdict: at(
    5,
    nested(() => verdict),
  ),
  id: at(6, be32),
  network_header: at(8, bytes),
  transport_header: at(9, bytes),
  iif: at(10, be32),
  iiftype: at(11, be16),
  oif: at(12, be32),
  oiftype: at(13, be16),
  policy: at(16, be32),
};
const NFT_MSG_TRACE: Kind = { type: nftType(17), name: 'NFT_MSG_TRACE', header: nfgenmsg, attributes: trace };
export const traceKinds = [NFT_MSG_TRACE];

const TYPES: Record<number, TraceEvent['type']> = { 1: 'policy', 2: 'return', 3: 'rule' };
const VERDICTS: Record<number, string> = {
  0: 'drop',
  1: 'accept',
  2: 'stolen',
  3: 'queue',
  [-1]: 'continue',
  [-2]: 'break',
  [-3]: 'jump',
  [-4]: 'goto',
  [-5]: 'return',
};
/** linux/tcp.h: bits of byte 13 of the header */
export const TCP_FLAGS = { FIN: 1, SYN: 2, RST: 4, ACK: 16 } as const;

/** The packet as it is where it is reported: a rewritten address is another one after the rule. */
export interface TracedPacket {
  source: string;
  destination: string;
  sourcePort: number;
  port: number;
  /** bits of TCP_FLAGS */
  flags: number;
}
export interface TraceEvent {
  /** the packet's number; a packet that is sent again has another */
  id: number;
  /** the number of the address family of the table: 1 inet, 2 ip, 7 bridge */
  family: number;
  table: string;
  chain: string;
  type: 'policy' | 'return' | 'rule';
  handle: bigint;
  /** accept, drop, continue, jump … */
  verdict: string;
  /** indices of links, 0 when there is none at this hook */
  iif: number;
  oif: number;
  /** only the first event of a base chain has it */
  packet?: TracedPacket;
}

/** The protocol's number: a datagram that is not empty has other bytes there. */
const TCP = 6;

const text6 = (bytes: Buffer) => toText6(BigInt(`0x${bytes.toString('hex')}`));

/** RFC 791 and RFC 8200: the version is the first half of the first byte. */
function endsIn(network: Buffer): { source: string; destination: string; protocol: number } | undefined {
  const six = network.length > 0 && network.readUInt8(0) >> 4 === 6;
  if (network.length < (six ? 40 : 20)) return undefined;
  return six
    ? { source: text6(network.subarray(8, 24)), destination: text6(network.subarray(24, 40)), protocol: network[6]! }
    : {
        source: network.subarray(12, 16).join('.'),
        destination: network.subarray(16, 20).join('.'),
        protocol: network[9]!,
      };
}

function packetIn(network: unknown, transport: unknown): TracedPacket | undefined {
  if (!Buffer.isBuffer(network) || !Buffer.isBuffer(transport)) return undefined;
  const ends = endsIn(network);
  if (!ends || transport.length < 4) return undefined;
  return {
    source: ends.source,
    destination: ends.destination,
    sourcePort: transport.readUInt16BE(0),
    port: transport.readUInt16BE(2),
    // the header of UDP has none
    flags: ends.protocol === TCP && transport.length >= 14 ? transport.readUInt8(13) : 0,
  };
}

export function traceEventOf({ header, attributes }: Decoded): TraceEvent | undefined {
  const type = TYPES[Number(attributes['type'])];
  if (!type) return undefined;
  const decided = isFields(attributes['verdict']) ? Number(attributes['verdict']['code']) : undefined;
  const code = type === 'policy' ? Number(attributes['policy']) : decided;
  const packet = packetIn(attributes['network_header'], attributes['transport_header']);
  return {
    id: Number(attributes['id']),
    family: Number(header['nfgen_family']),
    table: String(attributes['table'] ?? ''),
    chain: String(attributes['chain'] ?? ''),
    type,
    handle: BigInt((attributes['rule_handle'] as bigint | undefined) ?? 0n),
    verdict: VERDICTS[code ?? -1] ?? String(code),
    iif: Number(attributes['iif'] ?? 0),
    oif: Number(attributes['oif'] ?? 0),
    ...(packet && { packet }),
  };
}
