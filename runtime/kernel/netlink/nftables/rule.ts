/** Rules of nf_tables. A rule is a list of expressions; each may end the rule, set a register or set the verdict. */
import { at, type Fields, type Schema } from '../attribute.ts';
import { be64, list, text } from '../codecs.ts';
import { comment } from './comment.ts';
import { NLM_F, type Decoded, type Kind, type Request } from '../message.ts';
import { expression } from './expressions.ts';
import { nfgenmsg, nftType, ofFamily, type Family } from './nfgenmsg.ts';

const rule: Schema = {
  table: at(1, text),
  chain: at(2, text),
  handle: at(3, be64),
  expressions: at(
    4,
    list(1, () => expression),
  ),
  position: at(6, be64),
  userdata: at(7, comment),
};
const kind = (message: number, name: string): Kind => ({
  type: nftType(message),
  name,
  header: nfgenmsg,
  attributes: rule,
});
const NFT_MSG_NEWRULE = kind(6, 'NFT_MSG_NEWRULE');
const NFT_MSG_GETRULE = kind(7, 'NFT_MSG_GETRULE');
const NFT_MSG_DELRULE = kind(8, 'NFT_MSG_DELRULE');
export const ruleKinds = [NFT_MSG_NEWRULE, NFT_MSG_GETRULE, NFT_MSG_DELRULE];

/** Adds a rule at the end of the chain. nft(8) shows the comment, of at most 128 bytes, behind the rule. */
export const newRule = (
  table: string,
  chain: string,
  expressions: readonly Fields[],
  note?: string,
  family: Family = 'ip',
): Request => ({
  kind: NFT_MSG_NEWRULE,
  flags: NLM_F.NLM_F_CREATE | NLM_F.NLM_F_APPEND,
  header: ofFamily(family),
  attributes: { table, chain, expressions, ...(note !== undefined && { userdata: note }) },
});
/** Deletes all rules of the chain. */
export const flushChain = (table: string, chain: string, family: Family = 'ip'): Request => ({
  kind: NFT_MSG_DELRULE,
  header: ofFamily(family),
  attributes: { table, chain },
});
export interface Place {
  family: Family;
  table: string;
  chain: string;
}
/** Where in a chain: at an end of it, or beside the rule with this handle. */
export type Position = 'first' | 'last' | { after: bigint } | { before: bigint };
/** Puts a rule into a chain of another program. */
export const insertRule = (
  { family, table, chain }: Place,
  expressions: readonly Fields[],
  note: string,
  where: Position = 'first',
): Request => ({
  kind: NFT_MSG_NEWRULE,
  flags: NLM_F.NLM_F_CREATE | (where === 'last' || (where !== 'first' && 'after' in where) ? NLM_F.NLM_F_APPEND : 0),
  header: ofFamily(family),
  attributes: {
    table,
    chain,
    expressions,
    ...(typeof where === 'object' && { position: 'after' in where ? where.after : where.before }),
    userdata: note,
  },
});
/** Deletes one rule. */
export const deleteRule = ({ family, table, chain }: Place, handle: bigint): Request => ({
  kind: NFT_MSG_DELRULE,
  header: ofFamily(family),
  attributes: { table, chain, handle },
});

/** Asks for the rules of a table, or of one chain. */
export const dumpRules = (table: string, chain?: string, family: Family = 'ip'): [Request, Kind] => [
  { kind: NFT_MSG_GETRULE, header: ofFamily(family), attributes: { table, ...(chain !== undefined && { chain }) } },
  NFT_MSG_NEWRULE,
];

export interface Rule {
  chain: string;
  handle: bigint;
  comment: string;
  expressions: readonly Fields[];
}
export const ruleOf = ({ attributes }: Decoded): Rule => ({
  chain: String(attributes['chain'] ?? ''),
  handle: BigInt((attributes['handle'] as bigint | undefined) ?? 0n),
  comment: String(attributes['userdata'] ?? ''),
  expressions: Array.isArray(attributes['expressions']) ? (attributes['expressions'] as readonly Fields[]) : [],
});
