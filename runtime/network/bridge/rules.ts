/**
 * The nf_tables rules of one bridge, in a table of its own that has the bridge's name:
 *
 *   chain postrouting   what leaves the subnet by another link than the bridge gets the host's address
 *   chain forward       containers may open connections, outsiders may only answer
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

/** Which chains (table and name) are whole in that generation of the host's rules. */
const whole = new Set<string>();
let generation = -1;

/**
 * Puts the chain and its rules in force in one transaction, replacing what was in it. When nobody has changed any rule
 * of the host since the last time, one question is all it takes.
 */
export async function ensureChain(k: Kernel, { chain, rules }: ChainRules): Promise<void> {
  const key = `${chain.table} ${chain.name}`;
  await withNetlink(k, NETLINK_NETFILTER, async (socket) => {
    const now = await generationNow(socket);
    if (now !== generation) whole.clear();
    generation = now;
    // said at every start: this container's journal has to tell it too
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
    // counted up by more than our own change: somebody else's came between, so believe nothing
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

/** Each rule with its chain, as the kernel has them now; empty when the table is not there. */
export async function rulesNow(k: Kernel, table: string): Promise<string[]> {
  const found = await withNetlink(k, NETLINK_NETFILTER, (socket) =>
    tolerate(['ENOENT'], socket.dump(...dumpRules(table))),
  );
  return (found ?? []).map(ruleOf).map(({ chain, expressions }) => `${chain}: ${showRule(expressions)}`);
}
