/**
 * Chains of nf_tables. A base chain is attached to a hook that packets pass. The chains of a hook run in the order of
 * their priorities: nft(8), "CHAINS".
 */
import { at, isFields, type Fields, type Schema } from '../attribute.ts';
import { be32, nested, shown, text } from '../codecs.ts';
import { NLM_F, type Decoded, type Kind, type Request } from '../message.ts';
import { familyIn, nfgenmsg, nftType, ofFamily, type Family } from './nfgenmsg.ts';

/** linux/netfilter.h */
export const NF_INET = {
  NF_INET_PRE_ROUTING: 0,
  NF_INET_LOCAL_IN: 1,
  NF_INET_FORWARD: 2,
  NF_INET_LOCAL_OUT: 3,
  NF_INET_POST_ROUTING: 4,
} as const;
/** linux/netfilter_ipv4.h */
export const NF_IP_PRI = {
  NF_IP_PRI_RAW: -300,
  NF_IP_PRI_MANGLE: -150,
  NF_IP_PRI_NAT_DST: -100,
  NF_IP_PRI_FILTER: 0,
  NF_IP_PRI_NAT_SRC: 100,
} as const;
export const NF_DROP = 0;
export const NF_ACCEPT = 1;

const hookName = (value: number) =>
  Object.entries(NF_INET).find(([, number]) => number === value)?.[0] ?? String(value);
const hook: Schema = { hooknum: at(1, shown(be32, hookName)), priority: at(2, be32) };
const chain: Schema = {
  table: at(1, text),
  name: at(3, text),
  hook: at(
    4,
    nested(() => hook),
  ),
  policy: at(5, be32),
  use: at(6, be32),
  type: at(7, text),
};

const kind = (message: number, name: string): Kind => ({
  type: nftType(message),
  name,
  header: nfgenmsg,
  attributes: chain,
});
const NFT_MSG_NEWCHAIN = kind(3, 'NFT_MSG_NEWCHAIN');
const NFT_MSG_GETCHAIN = kind(4, 'NFT_MSG_GETCHAIN');
const NFT_MSG_DELCHAIN = kind(5, 'NFT_MSG_DELCHAIN');
export const chainKinds = [NFT_MSG_NEWCHAIN, NFT_MSG_GETCHAIN, NFT_MSG_DELCHAIN];

export interface BaseChain {
  /** absent: IPv4 */
  family?: Family;
  table: string;
  name: string;
  type: 'filter' | 'nat';
  hooknum: number;
  priority: number;
}
/**
 * Makes a base chain. Packets that no rule decides are accepted by it; other chains of the hook may still drop them.
 */
export const newChain = ({ family = 'ip', table, name, type, hooknum, priority }: BaseChain): Request => ({
  kind: NFT_MSG_NEWCHAIN,
  flags: NLM_F.NLM_F_CREATE,
  header: ofFamily(family),
  attributes: { table, name, hook: { hooknum, priority }, policy: NF_ACCEPT, type } satisfies Fields,
});
/** Deletes a chain. It must be empty: EBUSY otherwise; ENOENT when there is none. */
export const deleteChain = (table: string, name: string, family: Family = 'ip'): Request => ({
  kind: NFT_MSG_DELCHAIN,
  header: ofFamily(family),
  attributes: { table, name },
});
/** Makes a chain that packets reach only by a jump. An existing one is no error. */
export const newRegularChain = (table: string, name: string, family: Family = 'ip'): Request => ({
  kind: NFT_MSG_NEWCHAIN,
  flags: NLM_F.NLM_F_CREATE,
  header: ofFamily(family),
  attributes: { table, name },
});

/** Asks for the chains of all tables. */
export const dumpChains: [Request, Kind] = [{ kind: NFT_MSG_GETCHAIN, header: ofFamily('unspec') }, NFT_MSG_NEWCHAIN];

export interface Chain {
  /** undefined: bridge, netdev, arp */
  family: Family | undefined;
  table: string;
  name: string;
  /** of a base chain: the hook, and whether packets that no rule decides are dropped */
  hooknum: number | undefined;
  drops: boolean;
}
export function chainOf({ header, attributes }: Decoded): Chain {
  const { table, name, hook: at, policy } = attributes;
  return {
    family: familyIn(header),
    table: String(table),
    name: String(name),
    hooknum: isFields(at) ? Number(at['hooknum']) : undefined,
    drops: isFields(at) && policy === NF_DROP,
  };
}
