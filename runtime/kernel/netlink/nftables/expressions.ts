/**
 * Expressions of nf_tables, the instructions of a rule (linux/netfilter/nf_tables.h). They work on registers:
 * `meta oifname => reg 1` loads, `cmp reg 1 neq "drydock0"` ends the rule unless the comparison is true,
 * `immediate reg 0 accept` sets the verdict.
 */
import { at, type Fields, type Schema } from '../attribute.ts';
import { be32, be64, bytes, nested, shown, text } from '../codecs.ts';

const NFT_REG_VERDICT = 0;
const NFT_REG_1 = 1;
const CMP = { eq: 0, neq: 1 } as const;
export const META = { iifname: 6, oifname: 7 } as const;
const NFT_PAYLOAD_NETWORK_HEADER = 1;
const NFT_CT_STATE = 0;
/** linux/netfilter/nf_conntrack_common.h: bits of `ct state` */
export const CT_STATE = { established: 2, related: 4, new: 8 } as const;
export const VERDICT = { drop: 0, accept: 1 } as const;
const IFNAMSIZ = 16;

const named = (table: Record<string, number>) =>
  shown(be32, (value) => Object.entries(table).find(([, number]) => number === value)?.[0] ?? String(value));
const verdict: Schema = { code: at(1, named(VERDICT)) };
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
    meta: { dreg: at(1, be32), key: at(2, named(META)) },
    payload: { dreg: at(1, be32), base: at(2, be32), offset: at(3, be32), len: at(4, be32) },
    bitwise: { sreg: at(1, be32), dreg: at(2, be32), len: at(3, be32), mask: at(4, value), xor: at(5, value) },
    cmp: { sreg: at(1, be32), op: at(2, named(CMP)), data: at(3, value) },
    ct: { dreg: at(1, be32), key: at(2, be32) },
    immediate: { dreg: at(1, be32), data: at(2, value) },
    counter: { bytes: at(1, be64), packets: at(2, be64) },
    masq: {},
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
const ipv4 = (address: string) => Buffer.from(address.split('.').map(Number));

/** Matches packets by the name of the link through which they came in or leave. */
export function linkIs(key: keyof typeof META, op: keyof typeof CMP, name: string): Fields[] {
  const padded = Buffer.alloc(IFNAMSIZ);
  padded.write(name);
  return [make('meta', { dreg: NFT_REG_1, key: META[key] }), compare(op, padded)];
}

/** The offset of the source address in an IPv4 header. */
export const SADDR = 12;
export function sourceIn(network: string, netmask: string): Fields[] {
  return [
    make('payload', { dreg: NFT_REG_1, base: NFT_PAYLOAD_NETWORK_HEADER, offset: SADDR, len: 4 }),
    masked(ipv4(netmask)),
    compare('eq', ipv4(network)),
  ];
}

/** Matches packets by their connection tracking state; `states` are bits of CT_STATE. */
export function stateIn(states: number): Fields[] {
  const mask = Buffer.alloc(4);
  // the register is in the machine's byte order
  mask.writeUInt32LE(states);
  return [make('ct', { dreg: NFT_REG_1, key: NFT_CT_STATE }), masked(mask), compare('neq', Buffer.alloc(4))];
}

/** Counts the packets that reach it. */
export const counter: Fields = make('counter', { bytes: 0, packets: 0 });
/** Replaces the source address by that of the link through which the packet leaves. */
export const masquerade: Fields = make('masq', {});
export const decide = (code: keyof typeof VERDICT): Fields =>
  make('immediate', { dreg: NFT_REG_VERDICT, data: { verdict: { code: VERDICT[code] } } });
