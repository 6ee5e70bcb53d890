/** Changes of the nf_tables rules of the host, and what is known of them without asking again. */
import { NETLINK_NETFILTER } from '../syscalls/constants.ts';
import type { Kernel } from '../kernel/kernel.ts';
import type { Fields } from '../kernel/netlink/attribute.ts';
import type { Request } from '../kernel/netlink/message.ts';
import { getGeneration, inOneBatch } from '../kernel/netlink/nftables/batch.ts';
import { newChain, type BaseChain } from '../kernel/netlink/nftables/chain.ts';
import { flushChain, newRule } from '../kernel/netlink/nftables/rule.ts';
import { showRule } from '../kernel/netlink/nftables/show-rule.ts';
import { newTable } from '../kernel/netlink/nftables/table.ts';
import { withNetlink, type NetlinkSocket } from '../kernel/netlink/socket.ts';

export interface ChainRules {
  chain: BaseChain;
  rules: Fields[][];
  /** nft(8) shows it behind each rule */
  comment?: string;
}

/** What is in place in this generation of the host's rules: chains (table and name), and keys of ensureRules. */
const whole = new Set<string>();
let generation = -1;

const generationNow = async (socket: NetlinkSocket) => Number((await socket.get(...getGeneration)).attributes['id']);
const keyOf = ({ chain: { family, table, name } }: ChainRules) => `${family ? `${family} ` : ''}${table} ${name}`;

/** The requests that install a chain with its rules and replace its old content. */
export const chainRequests = ({ chain, rules, comment }: ChainRules): Request[] => [
  newTable(chain.table, chain.family),
  newChain(chain),
  flushChain(chain.table, chain.name, chain.family),
  ...rules.map((rule) => newRule(chain.table, chain.name, rule, comment, chain.family)),
];
/** The rules, for the journal. */
export const ruleFacts = (one: ChainRules) =>
  one.rules.map((rule, j) => ({ kind: 'nft' as const, key: `${keyOf(one)} ${j}`, value: showRule(rule) }));

/** Forgets what is known when another program has changed rules. */
async function refresh(socket: NetlinkSocket): Promise<void> {
  const now = await generationNow(socket);
  if (now !== generation) whole.clear();
  generation = now;
}

/** Makes the changes in one transaction. When it is the only change of the host, what is known stays known. */
async function commit(socket: NetlinkSocket, changes: readonly Request[]): Promise<boolean> {
  const before = generation;
  await socket.transaction(inOneBatch(changes));
  generation = await generationNow(socket);
  // the counter rose by more than our own change, so another program changed rules too: forget what is known
  const alone = generation === before + 1;
  if (!alone) whole.clear();
  return alone;
}

/**
 * Installs the chain and its rules and replaces its old content. When no rule of the host has changed since the last
 * time, one request is enough.
 */
export async function ensureChain(k: Kernel, wanted: ChainRules): Promise<void> {
  await ensureRules(k, keyOf(wanted), () => chainRequests(wanted));
  // reported at every start, because this container's journal needs it too
  k.fact(...ruleFacts(wanted));
}

/** Makes the changes that `plan` asks for, unless that was done under this key in this generation of the rules. */
export async function ensureRules(
  k: Kernel,
  key: string,
  plan: (socket: NetlinkSocket) => readonly Request[] | Promise<readonly Request[]>,
): Promise<void> {
  await withNetlink(k, NETLINK_NETFILTER, async (socket) => {
    await refresh(socket);
    if (!whole.has(key) && (await commit(socket, await plan(socket)))) whole.add(key);
  });
}

/** Makes other changes in one transaction. Throws NetlinkError. */
export async function changeRules(k: Kernel, changes: readonly Request[]): Promise<void> {
  await withNetlink(k, NETLINK_NETFILTER, async (socket) => {
    await refresh(socket);
    await commit(socket, changes);
  });
}
