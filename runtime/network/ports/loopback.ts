/**
 * What published ports need without a proxy (--userland-proxy=false):
 *
 *   route_localnet         the kernel may send a packet of 127.0.0.1 to the bridge
 *   chain loopback         what a container sends to 127.0.0.0/8 of the host is dropped, because of the former
 *   chain postrouting      such packets, and those of containers to each other's published ports, get the bridge's
 *                          address, so that the answers come back to the host and not past it (../bridge/rules.ts)
 *   hairpin mode           a port of the bridge may send a frame back to where it came from, for br_netfilter
 */
import { NETLINK_ROUTE } from '../../syscalls/constants.ts';
import type { Kernel } from '../../kernel/kernel.ts';
import { NF_INET, NF_IP_PRI } from '../../kernel/netlink/nftables/chain.ts';
import { counter, decide, destinationIn, linkIs } from '../../kernel/netlink/nftables/expressions.ts';
import { hairpinPort } from '../../kernel/netlink/route/link.ts';
import { withNetlink } from '../../kernel/netlink/socket.ts';
import type { Connection } from '../driver.ts';
import { ensureChain, type ChainRules } from '../rules.ts';

const loopbackChain = (bridge: string): ChainRules => ({
  chain: {
    table: bridge,
    name: 'loopback',
    type: 'filter',
    hooknum: NF_INET.NF_INET_PRE_ROUTING,
    priority: NF_IP_PRI.NF_IP_PRI_RAW,
  },
  rules: [[...linkIs('iifname', 'eq', bridge), ...destinationIn('127.0.0.0', '255.0.0.0'), counter, decide('drop')]],
});

export async function routeLoopback(k: Kernel, { network: { bridge }, endpoint }: Connection): Promise<void> {
  // before the kernel begins to route such packets
  await ensureChain(k, loopbackChain(bridge));
  await k.daemon.write_file(`/proc/sys/net/ipv4/conf/${bridge}/route_localnet`, 0, 0, Buffer.from('1'));
  const { hostLink } = endpoint;
  if (hostLink !== undefined) await withNetlink(k, NETLINK_ROUTE, (socket) => socket.request(hairpinPort(hostLink)));
}
