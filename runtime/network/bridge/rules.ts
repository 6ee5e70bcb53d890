/**
 * The nf_tables rules of one bridge, in a table with the bridge's name:
 *
 *   chain postrouting   packets that leave the subnet by another link than the bridge get the host's address
 *   chain forward       containers may open connections, other hosts may only answer
 */
import { NETLINK_NETFILTER } from '../../syscalls/constants.ts';
import { tolerate } from '../../kernel/errors.ts';
import type { Kernel } from '../../kernel/kernel.ts';
import type { Fields } from '../../kernel/netlink/attribute.ts';
import { getGeneration, inOneBatch } from '../../kernel/netlink/nftables/batch.ts';
import { newChain, NF_INET, NF_IP_PRI, type BaseChain } from '../../kernel/netlink/nftables/chain.ts';
import {
  counter,
  CT_STATE,
  decide,
  linkIs,
  masquerade,
  sourceIn,
  stateIn,
} from '../../kernel/netlink/nftables/expressions.ts';
import { dumpRules, flushChain, newRule, ruleOf } from '../../kernel/netlink/nftables/rule.ts';
import { showRule } from '../../kernel/netlink/nftables/show-rule.ts';
import { deleteTable, newTable } from '../../kernel/netlink/nftables/table.ts';
import { withNetlink, type NetlinkSocket } from '../../kernel/netlink/socket.ts';
import type { Bridge } from './bridge.ts';
import { netmask, networkAddress } from '../ipam/ipv4.ts';

export interface ChainRules {
  chain: BaseChain;
  rules: Fields[][];
}

export function masqueradeChain({ name, gateway, prefix }: Bridge): ChainRules {
  const network = networkAddress({ address: gateway, prefix });
  return {
    chain: {
      table: name,
      name: 'postrouting',
      type: 'nat',
      hooknum: NF_INET.NF_INET_POST_ROUTING,
      priority: NF_IP_PRI.NF_IP_PRI_NAT_SRC,
    },
    rules: [[...sourceIn(network, netmask(prefix)), ...linkIs('oifname', 'neq', name), counter, masquerade]],
  };
}

export function forwardChain({ name }: Bridge): ChainRules {
  return {
    chain: {
      table: name,
      name: 'forward',
      type: 'filter',
      hooknum: NF_INET.NF_INET_FORWARD,
      priority: NF_IP_PRI.NF_IP_PRI_FILTER,
    },
    rules: [
      [...linkIs('iifname', 'eq', name), counter, decide('accept')],
      [
        ...linkIs('oifname', 'eq', name),
        ...stateIn(CT_STATE.established | CT_STATE.related),
        counter,
        decide('accept'),
      ],
      [...linkIs('oifname', 'eq', name), counter, decide('drop')],
    ],
  };
}

/** The complete chains (table and name) in this generation of the host's rules. */
const whole = new Set<string>();
let generation = -1;

/**
 * Installs the chain and its rules in one transaction and replaces its old content. When no rule of the host has
 * changed since the last time, one request is enough.
 */
export async function ensureChain(k: Kernel, { chain, rules }: ChainRules): Promise<void> {
  const key = `${chain.table} ${chain.name}`;
  await withNetlink(k, NETLINK_NETFILTER, async (socket) => {
    const now = await generationNow(socket);
    if (now !== generation) whole.clear();
    generation = now;
    // reported at every start, because this container's journal needs it too
    const tell = () =>
      k.fact(...rules.map((rule, j) => ({ kind: 'nft' as const, key: `${key} ${j}`, value: showRule(rule) })));
    if (whole.has(key)) return tell();
    const changes = [
      newTable(chain.table),
      newChain(chain),
      flushChain(chain.table, chain.name),
      ...rules.map((rule) => newRule(chain.table, chain.name, rule)),
    ];
    await socket.transaction(inOneBatch(changes));
    tell();
    // the counter rose by more than our own change, so another program changed rules too: forget what is known
    if ((await generationNow(socket)) !== now + 1) return whole.clear();
    generation = now + 1;
    whole.add(key);
  });
}

const generationNow = async (socket: NetlinkSocket) => Number((await socket.get(...getGeneration)).attributes['id']);

export async function removeTable(k: Kernel, name: string): Promise<void> {
  await withNetlink(k, NETLINK_NETFILTER, (socket) =>
    tolerate(['ENOENT'], socket.transaction(inOneBatch([deleteTable(name)]))),
  );
}

/** Each rule with its chain, as the kernel has it now; empty when the table does not exist. */
export async function rulesNow(k: Kernel, table: string): Promise<string[]> {
  const found = await withNetlink(k, NETLINK_NETFILTER, (socket) =>
    tolerate(['ENOENT'], socket.dump(...dumpRules(table))),
  );
  return (found ?? []).map(ruleOf).map(({ chain, expressions }) => `${chain}: ${showRule(expressions)}`);
}
