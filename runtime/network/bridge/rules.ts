/**
 * The nf_tables rules of one bridge, in a table with the bridge's name:
 *
 *   chain postrouting   packets that leave the subnet by another link than the bridge get the host's address
 *   chain forward       containers may open connections, other hosts may only answer, or use a published port
 */
import { NETLINK_NETFILTER } from '../../syscalls/constants.ts';
import { tolerate } from '../../kernel/errors.ts';
import type { InspectionSection } from '../../journal/inspection-section.ts';
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
import type { Family } from '../../kernel/netlink/nftables/nfgenmsg.ts';
import { dumpRules, ruleOf } from '../../kernel/netlink/nftables/rule.ts';
import { showRule } from '../../kernel/netlink/nftables/show-rule.ts';
import { deleteTable, getTable } from '../../kernel/netlink/nftables/table.ts';
import { withNetlink } from '../../kernel/netlink/socket.ts';
import type { NetworkOptions } from '../driver.ts';
import { isSix, maskOf, networkOf } from '../ipam/family.ts';
import type { Subnet } from '../ipam/subnet.ts';
import type { Bridge } from './bridge.ts';
import type { ChainRules } from '../rules.ts';

/** A bridge with one of its subnets: the family of the gateway is the family of the table. */
type OneFamily = Pick<Bridge, 'name'> & Pick<Subnet, 'gateway' | 'prefix'>;
const familyOf = ({ gateway }: OneFamily) => (isSix(gateway) ? ({ family: 'ip6' } as const) : {});

/** Without options: the rules of the default network. */
export function masqueradeChain(
  bridge: OneFamily,
  { internal, masquerade: wanted = true, hairpin = false }: NetworkOptions = {},
): ChainRules {
  const { name, gateway, prefix } = bridge;
  const cidr = { address: gateway, prefix };
  const inside = sourceIn(networkOf(cidr), maskOf(cidr));
  // the kernel has no route_localnet for IPv6, so nothing comes from ::1
  const own = [inside, ...(isSix(gateway) ? [] : [sourceIn('127.0.0.0', '255.0.0.0')])];
  const hairpins = own.map((source) => [
    ...source,
    ...linkIs('oifname', 'eq', name),
    ...destinationRewritten,
    counter,
    masquerade,
  ]);
  return {
    chain: {
      ...familyOf(bridge),
      table: name,
      name: 'postrouting',
      type: 'nat',
      hooknum: NF_INET.NF_INET_POST_ROUTING,
      priority: NF_IP_PRI.NF_IP_PRI_NAT_SRC,
    },
    rules: [
      ...(internal || !wanted ? [] : [[...inside, ...linkIs('oifname', 'neq', name), counter, masquerade]]),
      ...(hairpin ? hairpins : []),
    ],
  };
}

/**
 * What the host forwards between the bridge and other links, and, with enable_icc=false, from the bridge back to it.
 * Frames between two ports of the bridge are not forwarded by the host: port isolation stops those (connect.ts).
 */
export function forwardChain(bridge: OneFamily, { internal, icc = true }: NetworkOptions = {}): ChainRules {
  const { name } = bridge;
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
      ...familyOf(bridge),
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

/** The chains of one kind for each family that the bridge has addresses of. */
export const inFamilies = (
  chain: (bridge: OneFamily, options?: NetworkOptions) => ChainRules,
  { name, subnet, subnet6 }: Bridge,
  options?: NetworkOptions,
): ChainRules[] =>
  [subnet, subnet6].flatMap((one) => (one ? [chain({ name, gateway: one.gateway, prefix: one.prefix }, options)] : []));

const FAMILIES = ['ip', 'ip6'] as const;

/** Whether there is a table of this name for IPv4 or IPv6. */
export const hasTable = (k: Kernel, name: string): Promise<boolean> =>
  withNetlink(k, NETLINK_NETFILTER, async (socket) => {
    for (const family of FAMILIES) if (await tolerate(['ENOENT'], socket.get(...getTable(name, family)))) return true;
    return false;
  });

/** Each table in a transaction of its own, because one that is missing makes its transaction fail. */
export async function removeTable(k: Kernel, name: string): Promise<void> {
  await withNetlink(k, NETLINK_NETFILTER, async (socket) => {
    for (const family of FAMILIES)
      await tolerate(['ENOENT'], socket.transaction(inOneBatch([deleteTable(name, family)])));
  });
}

/** What the kernel has for the bridge, with a section for each family. */
export async function ruleSections(k: Kernel, bridge: string): Promise<InspectionSection[]> {
  const [four, six] = [await rulesNow(k, bridge), await rulesNow(k, bridge, 'ip6')];
  return [
    { title: `nf_tables table ip ${bridge}`, lines: four },
    ...(six.length ? [{ title: `nf_tables table ip6 ${bridge}`, lines: six }] : []),
  ];
}

/** Each rule with its chain, as the kernel has it now; empty when the table does not exist. */
export async function rulesNow(k: Kernel, table: string, family: Family = 'ip'): Promise<string[]> {
  const found = await withNetlink(k, NETLINK_NETFILTER, (socket) =>
    tolerate(['ENOENT'], socket.dump(...dumpRules(table, undefined, family))),
  );
  return (found ?? []).map(ruleOf).map(({ chain, expressions }) => `${chain}: ${showRule(expressions)}`);
}
