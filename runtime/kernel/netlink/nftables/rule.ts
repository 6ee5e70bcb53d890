/** Rules of nf_tables. A rule is a list of expressions; each may end the rule, set a register or set the verdict. */
import { at, type Fields, type Schema } from '../attribute.ts';
import { be64, list, text } from '../codecs.ts';
import { NLM_F, type Decoded, type Kind, type Request } from '../message.ts';
import { expression } from './expressions.ts';
import { forIpv4, nfgenmsg, nftType } from './nfgenmsg.ts';

const rule: Schema = {
  table: at(1, text),
  chain: at(2, text),
  handle: at(3, be64),
  expressions: at(
    4,
    list(1, () => expression),
  ),
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

/** Adds a rule at the end of the chain. */
export const newRule = (table: string, chain: string, expressions: readonly Fields[]): Request => ({
  kind: NFT_MSG_NEWRULE,
  flags: NLM_F.NLM_F_CREATE | NLM_F.NLM_F_APPEND,
  header: forIpv4,
  attributes: { table, chain, expressions },
});
/** Deletes all rules of the chain. */
export const flushChain = (table: string, chain: string): Request => ({
  kind: NFT_MSG_DELRULE,
  header: forIpv4,
  attributes: { table, chain },
});
export const dumpRules = (table: string): [Request, Kind] => [
  { kind: NFT_MSG_GETRULE, header: forIpv4, attributes: { table } },
  NFT_MSG_NEWRULE,
];

export interface Rule {
  chain: string;
  expressions: readonly Fields[];
}
export const ruleOf = ({ attributes }: Decoded): Rule => ({
  chain: String(attributes['chain'] ?? ''),
  expressions: Array.isArray(attributes['expressions']) ? (attributes['expressions'] as readonly Fields[]) : [],
});
