/**
 * Connection tracking, linux/netfilter/nfnetlink_conntrack.h: what the kernel remembers of flows. A flow that is
 * remembered is not compared with the rules of nat chains any more.
 */
import { at, isFields, type Fields, type Schema, type Value } from '../attribute.ts';
import { be16, be32, ip, nested, u32, u8 } from '../codecs.ts';
import type { Decoded, Kind, Request } from '../message.ts';
import { forIpv4, nfgenmsg, ofFamily } from '../nftables/nfgenmsg.ts';

const NFNL_SUBSYS_CTNETLINK = 1;
/** IPv4 addresses have attributes of their own, and IPv6 addresses too. */
const addresses: Schema = { src: at(1, ip), dst: at(2, ip), src6: at(3, ip), dst6: at(4, ip) };
const protocol: Schema = { num: at(1, u8), src_port: at(2, be16), dst_port: at(3, be16) };
const tuple: Schema = {
  ip: at(
    1,
    nested(() => addresses),
  ),
  proto: at(
    2,
    nested(() => protocol),
  ),
};
const filter: Schema = { orig_flags: at(1, u32), reply_flags: at(2, u32) };
const entry: Schema = {
  tuple_orig: at(
    1,
    nested(() => tuple),
  ),
  tuple_reply: at(
    2,
    nested(() => tuple),
  ),
  id: at(12, be32),
  filter: at(
    25,
    nested(() => filter),
  ),
};
const kind = (message: number, name: string): Kind => ({
  type: (NFNL_SUBSYS_CTNETLINK << 8) | message,
  name,
  header: nfgenmsg,
  attributes: entry,
});
const IPCTNL_MSG_CT_NEW = kind(0, 'IPCTNL_MSG_CT_NEW');
const IPCTNL_MSG_CT_GET = kind(1, 'IPCTNL_MSG_CT_GET');
const IPCTNL_MSG_CT_DELETE = kind(2, 'IPCTNL_MSG_CT_DELETE');
export const conntrackKinds = [IPCTNL_MSG_CT_NEW, IPCTNL_MSG_CT_GET, IPCTNL_MSG_CT_DELETE];

/** net/netfilter/nf_internals.h: CTA_FILTER_F_CTA_PROTO_NUM and CTA_FILTER_F_CTA_PROTO_DST_PORT */
const BY_PORT = (1 << 3) | (1 << 5);

/** Asks for the flows to this port. A kernel before 5.8 answers with all flows, so compare the answers. */
export const dumpFlows = (number: number, port: number): [Request, Kind] => [
  {
    kind: IPCTNL_MSG_CT_GET,
    header: forIpv4,
    attributes: {
      tuple_orig: { proto: { num: number, dst_port: port } },
      filter: { orig_flags: BY_PORT, reply_flags: 0 },
    },
  },
  IPCTNL_MSG_CT_NEW,
];

export interface Flow {
  protocol: number;
  source: string;
  destination: string;
  port: number;
  /** names it in a request */
  tuple: Fields;
  id: Value | undefined;
}
export function flowOf({ attributes }: Decoded): Flow | undefined {
  const { tuple_orig: whole, id } = attributes;
  if (!isFields(whole)) return undefined;
  const { ip: pair, proto } = whole;
  if (!isFields(pair) || !isFields(proto)) return undefined;
  return {
    protocol: Number(proto['num']),
    source: String(pair['src']),
    destination: String(pair['dst']),
    port: Number(proto['dst_port']),
    tuple: whole,
    id,
  };
}

/** Forgets one flow. ENOENT when it is gone already. */
export const deleteFlow = ({ tuple: tuple_orig, id }: Flow): Request => ({
  kind: IPCTNL_MSG_CT_DELETE,
  header: forIpv4,
  attributes: { tuple_orig, ...(id !== undefined && { id }) },
});

/** The two ends of a flow's packets in one direction. */
export interface Ends {
  source: string;
  sourcePort: number;
  destination: string;
  port: number;
}
const endsOf = (whole: Value | undefined): Ends | undefined => {
  if (!isFields(whole) || !isFields(whole['ip']) || !isFields(whole['proto'])) return undefined;
  const { ip: pair, proto } = whole;
  return {
    source: String(pair['src'] ?? pair['src6']),
    sourcePort: Number(proto['src_port']),
    destination: String(pair['dst'] ?? pair['dst6']),
    port: Number(proto['dst_port']),
  };
};
/** Asks for the flow whose first packet had these ends. ENOENT when there is none. */
export const getFlow = ({ source, sourcePort, destination, port }: Ends, protocol: number): [Request, Kind] => [
  {
    kind: IPCTNL_MSG_CT_GET,
    header: ofFamily(source.includes(':') ? 'ip6' : 'ip'),
    attributes: {
      tuple_orig: {
        ip: source.includes(':') ? { src6: source, dst6: destination } : { src: source, dst: destination },
        proto: { num: protocol, src_port: sourcePort, dst_port: port },
      },
    },
  },
  IPCTNL_MSG_CT_NEW,
];
/** Who answers whom in this flow: other addresses than those of its first packet tell that these were rewritten. */
export const answerEnds = ({ attributes }: Decoded): Ends | undefined => endsOf(attributes['tuple_reply']);
