/** The steps that let containers' packets pass other firewalls of the host. */
import { NETLINK_NETFILTER } from '../../syscalls/constants.ts';
import { tolerate } from '../../kernel/errors.ts';
import type { InspectionSection } from '../../journal/inspection-section.ts';
import type { Kernel } from '../../kernel/kernel.ts';
import { dumpRules, ruleOf } from '../../kernel/netlink/nftables/rule.ts';
import { showRule } from '../../kernel/netlink/nftables/show-rule.ts';
import { withNetlink } from '../../kernel/netlink/socket.ts';
import type { Connection, EndpointStep, NetworkStep } from '../driver.ts';
import { forgetFirewalls, passFirewalls } from './forward.ts';

async function pass(k: Kernel, { network, container }: Connection): Promise<void> {
  const { firewallAccept = true } = container.settings;
  for (const text of await passFirewalls(k, network.bridge, firewallAccept))
    if (!container.warnings.includes(text)) container.warnings.push(text);
}

async function evidence(k: Kernel): Promise<InspectionSection[]> {
  const found = await withNetlink(k, NETLINK_NETFILTER, (socket) =>
    tolerate(['ENOENT'], socket.dump(...dumpRules('filter'))),
  );
  const lines = (found ?? [])
    .map(ruleOf)
    .filter(({ chain }) => chain === 'FORWARD' || chain.startsWith('DRYDOCK-'))
    .map(({ chain, expressions }) => `${chain}: ${showRule(expressions)}`);
  return [{ title: 'nf_tables table ip filter', lines }];
}

export const passing: EndpointStep = {
  id: 'network.pass-firewalls',
  title: 'Pass other firewalls',
  explain: `Other programs may have chains at the forward hook too: iptables, ufw, firewalld, dockerd. An accept in one chain does not help against a drop in another.

So a rule that accepts the bridge's packets is put into the chain FORWARD of iptables, behind the rules that are there and before what drops the rest: what your own
rules drop stays dropped, and only the default is not applied to containers. The chain DRYDOCK-USER is asked before; it is empty, it is for your rules, and it is never
changed. Without this step \`iptables -P FORWARD DROP\` would cut every container off, and nothing would say why. See nft(8), "CHAINS", iptables(8).`,
  do: pass,
  inspect: evidence,
};

export const forgetting: NetworkStep = {
  id: 'network-remove.firewalls',
  title: 'Leave other firewalls',
  explain: `The rules for this bridge are taken out of the chains of other firewalls; with the last bridge also the chain DRYDOCK-USER, if it is empty.

A rule for a link that is not there matches nothing, but each packet is compared with it. See nft(8).`,
  do: (k, { bridge }) => forgetFirewalls(k, bridge),
};
