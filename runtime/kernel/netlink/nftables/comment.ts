/**
 * The comment of a rule, as nft(8) keeps it in the attribute USERDATA (libnftnl/udata.h):
 *
 *   0      1        2
 *   | type | length | value … NUL |  next …
 */
import type { Codec } from '../attribute.ts';

const UDATA_RULE_COMMENT = 0;
const MOST = 128;

export const comment: Codec = {
  encode: (value) => {
    const text = Buffer.from(`${String(value).slice(0, MOST - 1)}\0`);
    return Buffer.concat([Buffer.from([UDATA_RULE_COMMENT, text.length]), text]);
  },
  /** '' when there is none; other programs write other values */
  decode: (payload) => {
    for (let at = 0; at + 2 <= payload.length; at += 2 + payload.readUInt8(at + 1))
      if (payload.readUInt8(at) === UDATA_RULE_COMMENT)
        return payload.toString('utf8', at + 2, at + 2 + payload.readUInt8(at + 1)).replace(/\0.*$/s, '');
    return '';
  },
};
