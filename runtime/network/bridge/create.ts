/** The steps that make a bridge network on the host, before any container is on it. */
import { NETLINK_ROUTE } from '../../syscalls/constants.ts';
import type { Kernel } from '../../kernel/kernel.ts';
import { withNetlink } from '../../kernel/netlink/socket.ts';
import type { InspectionSection } from '../../journal/inspection-section.ts';
import type { Network, NetworkStep } from '../driver.ts';
import { findLink, removeLink } from '../links.ts';
import { askAll, show } from '../sandbox/evidence.ts';
import { bridgeMac, ensureBridge, forgetBridge } from './bridge.ts';
import { ensureChain } from '../rules.ts';
import { enableForwarding, forwardingNow, restoreForwarding } from './forwarding.ts';
import { forwardChain, inFamilies, masqueradeChain, removeTable, ruleSections } from './rules.ts';

/**
 * Deletes the bridge, but not one that a user made and named for the network. Ours has the hardware address that comes
 * from the gateway, since it is made. Its alias is written later, and may be written on a user's bridge too.
 */
export async function removeOwnBridge(k: Kernel, network: Network): Promise<void> {
  const { bridge, subnet, ipv4 } = network;
  forgetBridge(bridge);
  const made = subnet !== undefined || ipv4 === false;
  const link = made && (await withNetlink(k, NETLINK_ROUTE, (socket) => findLink(socket, bridge)));
  if (link !== false && link?.mac !== bridgeMac(network)) return;
  await removeLink(k, bridge);
}

const bridgeEvidence = (k: Kernel, { bridge }: Network): Promise<InspectionSection[]> =>
  withNetlink(k, NETLINK_ROUTE, async (socket) => show('host', await askAll(socket), ({ name }) => name === bridge));

const ruleEvidence = async (k: Kernel, { bridge }: Network): Promise<InspectionSection[]> => [
  ...(await ruleSections(k, bridge)),
  { title: 'net.ipv4.ip_forward', lines: [(await forwardingNow(k)) ? '1' : '0'] },
];

export const create: readonly NetworkStep[] = [
  {
    id: 'network-create.bridge',
    title: 'Make the bridge',
    explain: `\`RTM_NEWLINK\` with kind \`bridge\` makes a switch inside the kernel; \`RTM_NEWADDR\` gives the host an address on it, the gateway of the subnet.

The containers of this network are plugged into it and reach each other; those of other networks are not on it. A host that has the address is also a machine on the network: it answers there, and routes for it. The name is made from the network's id, because it has room for 15 bytes only. Without the bridge the network would be a record without effect. See rtnetlink(7), ip-link(8), bridge(8).`,
    async do(k, network) {
      await ensureBridge(k, network);
    },
    undo: removeOwnBridge,
    inspect: bridgeEvidence,
  },
  {
    id: 'network-create.rules',
    title: 'Write its rules',
    explain: `An nf_tables table with the bridge's name holds what may pass: containers may open connections, from outside only answers come in, and packets that leave get the host's address.

What arrives from another network's bridge is not an answer either, so networks are isolated from each other. An \`--internal\` network has no way out at all: packets to and from other subnets are dropped, and nothing is masqueraded. All rules are written in one transaction. Without them a bridge is reachable from every network that the host routes for. See nft(8), ip(7).`,
    async do(k, network) {
      const bridge = await ensureBridge(k, network);
      for (const chain of [masqueradeChain, forwardChain].flatMap((of) => inFamilies(of, bridge, network.options)))
        await ensureChain(k, chain);
      await enableForwarding(k, network.bridge, bridge.subnet6 !== undefined);
    },
    async undo(k, { bridge }) {
      await restoreForwarding(k, bridge);
      await removeTable(k, bridge);
      k.fact({ kind: 'nft', key: bridge, value: null });
    },
    inspect: ruleEvidence,
  },
];
