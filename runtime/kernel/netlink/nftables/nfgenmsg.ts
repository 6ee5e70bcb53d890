/**
 * The header of nfnetlink, linux/netfilter/nfnetlink.h. A message's type holds the subsystem and the message's number.
 */
import type { Codec, Fields } from '../attribute.ts';
import { u8 } from '../codecs.ts';
import { member, struct } from '../struct.ts';

export const NFNL_SUBSYS_NFTABLES = 10;
const NFPROTO_IPV4 = 2;

export const nftType = (message: number): number => (NFNL_SUBSYS_NFTABLES << 8) | message;

const be16: Codec = {
  encode: (value) => Buffer.from([Number(value) >> 8, Number(value) & 255]),
  decode: (bytes) => bytes.readUInt16BE(),
};
/** struct nfgenmsg */
export const nfgenmsg = struct(member('nfgen_family', 1, u8), member('version', 1, u8), member('res_id', 2, be16));
export const forIpv4: Fields = { nfgen_family: NFPROTO_IPV4 };
