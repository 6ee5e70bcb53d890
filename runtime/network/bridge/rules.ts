/**
 * The nf_tables rules of one bridge, in a table with the bridge's name:
 *
 *   chain postrouting   packets that leave the subnet by another link than the bridge get the host's address
 *   chain forward       containers may open connections, other hosts may only answer, or use a published port
 */
import { NETLINK_NETFILTER } from '../../syscalls/constants.ts';
import { tolerate } from '../../kernel/errors.ts';
import type { Kernel } from '../../kernel/kernel.ts';
import { inOneBatch } from '../../kernel/netlink/nftables/batch.ts';
import { NF_INET, NF_IP_PRI } from '../../kernel/netlink/nftables/chain.ts';
import {
  counter,
  CT_STATE,
  decide,
  destinationRewritten,
  linkIs,
  masquerade,
  sourceIn,
  stateIn,
} from '../../kernel/netlink/nftables/expressions.ts';
import { dumpRules, ruleOf } from '../../kernel/netlink/nftables/rule.ts';
import { showRule } from '../../kernel/netlink/nftables/show-rule.ts';
import { deleteTable, getTable } from '../../kernel/netlink/nftables/table.ts';
import { withNetlink } from '../../kernel/netlink/socket.ts';
import type { NetworkOptions } from '../driver.ts';
import type { Bridge } from './bridge.ts';
import { netmask, networkAddress } from '../ipam/ipv4.ts';
import type { ChainRules } from '../rules.ts';

/** Without options: the rules of the default network. */
export function masqueradeChain(
  { name, gateway, prefix }: Bridge,
  { internal, masquerade: wanted = true, hairpin = false }: NetworkOptions = {},
): ChainRules {
  const network = networkAddress({ address: gateway, prefix });
  const own = [sourceIn(network, netmask(prefix)), sourceIn('127.0.0.0', '255.0.0.0')];
  const hairpins = own.map((source) => [
    ...source,
    ...linkIs('oifname', 'eq', name),
    ...destinationRewritten,
    counter,
    masquerade,
  ]);
  return {
    chain: {
      table: name,
      name: 'postrouting',
      type: 'nat',
      hooknum: NF_INET.NF_INET_POST_ROUTING,
      priority: NF_IP_PRI.NF_IP_PRI_NAT_SRC,
    },
    rules: [
      ...(internal || !wanted
        ? []
        : [[...sourceIn(network, netmask(prefix)), ...linkIs('oifname', 'neq', name), counter, masquerade]]),
      ...(hairpin ? hairpins : []),
    ],
  };
}

/**
 * What the host forwards between the bridge and other links, and, with enable_icc=false, from the bridge back to it.
 * Frames between two ports of the bridge are not forwarded by the host: port isolation stops those (connect.ts).
 */
export function forwardChain({ name }: Bridge, { internal, icc = true }: NetworkOptions = {}): ChainRules {
  const within = [...linkIs('iifname', 'eq', name), ...linkIs('oifname', 'eq', name), counter];
  const ways = internal
    ? [[...linkIs('iifname', 'eq', name), ...linkIs('oifname', 'neq', name), counter, decide('drop')]]
    : [
        [...linkIs('iifname', 'eq', name), counter, decide('accept')],
        [
          ...linkIs('oifname', 'eq', name),
          ...stateIn(CT_STATE.established | CT_STATE.related),
          counter,
          decide('accept'),
        ],
        // only the rules of published ports rewrite a destination to an address behind the bridge (../ports/rules.ts)
        [...linkIs('oifname', 'eq', name), ...destinationRewritten, counter, decide('accept')],
      ];
  return {
    chain: {
      table: name,
      name: 'forward',
      type: 'filter',
      hooknum: NF_INET.NF_INET_FORWARD,
      priority: NF_IP_PRI.NF_IP_PRI_FILTER,
    },
    rules: [
      ...(icc ? [] : [[...within, decide('drop')]]),
      ...(internal && icc ? [[...within, decide('accept')]] : []),
      ...ways,
      [...linkIs('oifname', 'eq', name), counter, decide('drop')],
    ],
  };
}

export const hasTable = async (k: Kernel, name: string): Promise<boolean> =>
  (await withNetlink(k, NETLINK_NETFILTER, (socket) => tolerate(['ENOENT'], socket.get(...getTable(name))))) !==
  undefined;

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
