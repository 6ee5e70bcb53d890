/** Tables of nf_tables: linux/netfilter/nf_tables.h. A table belongs to one address family and holds chains. */
import { at, type Schema } from '../attribute.ts';
import { be32, text } from '../codecs.ts';
import { NLM_F, type Decoded, type Kind, type Request } from '../message.ts';
import { nfgenmsg, nftType, ofFamily, type Family } from './nfgenmsg.ts';

const table: Schema = { name: at(1, text), flags: at(2, be32), use: at(3, be32) };
const kind = (message: number, name: string): Kind => ({
  type: nftType(message),
  name,
  header: nfgenmsg,
  attributes: table,
});
const NFT_MSG_NEWTABLE = kind(0, 'NFT_MSG_NEWTABLE');
const NFT_MSG_GETTABLE = kind(1, 'NFT_MSG_GETTABLE');
const NFT_MSG_DELTABLE = kind(2, 'NFT_MSG_DELTABLE');
export const tableKinds = [NFT_MSG_NEWTABLE, NFT_MSG_GETTABLE, NFT_MSG_DELTABLE];

/** The table of this name; ENOENT when there is none. */
export const getTable = (name: string, family: Family = 'ip'): [Request, Kind] => [
  { kind: NFT_MSG_GETTABLE, header: ofFamily(family), attributes: { name } },
  NFT_MSG_NEWTABLE,
];
/** Makes a table. Without NLM_F_EXCL, so an existing one is no error. */
export const newTable = (name: string, family: Family = 'ip'): Request => ({
  kind: NFT_MSG_NEWTABLE,
  flags: NLM_F.NLM_F_CREATE,
  header: ofFamily(family),
  attributes: { name },
});
/** The kernel deletes the table when the socket that made it is closed. Linux 5.12. */
const NFT_TABLE_F_OWNER = 2;
/** Makes a table that belongs to the socket, so that it is gone with the process, however that ends. */
export const newOwnedTable = (name: string, family: Family = 'ip'): Request => ({
  kind: NFT_MSG_NEWTABLE,
  flags: NLM_F.NLM_F_CREATE | NLM_F.NLM_F_EXCL,
  header: ofFamily(family),
  attributes: { name, flags: NFT_TABLE_F_OWNER },
});
/** Deletes a table with its chains and rules. ENOENT when there is none. */
export const deleteTable = (name: string, family: Family = 'ip'): Request => ({
  kind: NFT_MSG_DELTABLE,
  header: ofFamily(family),
  attributes: { name },
});

/** Asks for the tables of a family. */
export const dumpTables = (family: Family): [Request, Kind] => [
  { kind: NFT_MSG_GETTABLE, header: ofFamily(family) },
  NFT_MSG_NEWTABLE,
];
export const tableNameOf = ({ attributes }: Decoded): string => String(attributes['name'] ?? '');
