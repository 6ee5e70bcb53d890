/**
 * Changes to nf_tables are sent in a batch, which the kernel applies as a whole or not at all:
 *
 *   NFNL_MSG_BATCH_BEGIN  change  change …  NFNL_MSG_BATCH_END
 */
import { at, type Schema } from '../attribute.ts';
import { be32, text } from '../codecs.ts';
import { NLM_F, type Kind, type Request } from '../message.ts';
import { NFNL_SUBSYS_NFTABLES, nfgenmsg, nftType } from './nfgenmsg.ts';

const batch = (type: number, name: string): Kind => ({ type, name, header: nfgenmsg, attributes: {} });
const BEGIN = batch(0x10, 'NFNL_MSG_BATCH_BEGIN');
const END = batch(0x11, 'NFNL_MSG_BATCH_END');
const generation: Schema = { id: at(1, be32), proc_pid: at(2, be32), proc_name: at(3, text) };
const NFT_MSG_NEWGEN: Kind = { type: nftType(15), name: 'NFT_MSG_NEWGEN', header: nfgenmsg, attributes: generation };
const NFT_MSG_GETGEN: Kind = { type: nftType(16), name: 'NFT_MSG_GETGEN', header: nfgenmsg, attributes: generation };
export const batchKinds = [BEGIN, END, NFT_MSG_NEWGEN, NFT_MSG_GETGEN];

/** The last change asks for the acknowledgement. The kernel sends it when the whole batch is in force. */
export function inOneBatch(changes: readonly Request[]): Request[] {
  const header = { res_id: NFNL_SUBSYS_NFTABLES };
  const acknowledged = changes.map((change, j) =>
    j === changes.length - 1 ? { ...change, flags: (change.flags ?? 0) | NLM_F.NLM_F_ACK } : change,
  );
  return [{ kind: BEGIN, header }, ...acknowledged, { kind: END, header }];
}

/** Asks for a number that the kernel increments with every change to the rules of this network namespace. */
export const getGeneration: [Request, Kind] = [{ kind: NFT_MSG_GETGEN }, NFT_MSG_NEWGEN];
