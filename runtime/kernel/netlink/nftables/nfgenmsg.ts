/**
 * The header of nfnetlink, linux/netfilter/nfnetlink.h. A message's type holds the subsystem and the message's number.
 */
import type { Fields } from '../attribute.ts';
import { be16, u8 } from '../codecs.ts';
import { member, struct } from '../struct.ts';

export const NFNL_SUBSYS_NFTABLES = 10;
/** linux/netfilter.h: the address families of tables. An inet table sees IPv4 and IPv6. */
export const NFPROTO = { unspec: 0, inet: 1, ip: 2, ip6: 10 } as const;
export type Family = keyof typeof NFPROTO;

export const nftType = (message: number): number => (NFNL_SUBSYS_NFTABLES << 8) | message;

/** struct nfgenmsg */
export const nfgenmsg = struct(member('nfgen_family', 1, u8), member('version', 1, u8), member('res_id', 2, be16));
export const ofFamily = (family: Family): Fields => ({ nfgen_family: NFPROTO[family] });
export const forIpv4: Fields = ofFamily('ip');
/** The name of the family in a message's header; undefined for families that are not looked at. */
export const familyIn = (header: Fields): Family | undefined =>
  (Object.keys(NFPROTO) as Family[]).find((name) => NFPROTO[name] === header['nfgen_family']);
