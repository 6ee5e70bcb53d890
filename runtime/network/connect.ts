/** What each step of the network phase does for a container on the bridge: runtime/steps/container/4-network.ts tells why. */
import { NETLINK_ROUTE } from '../syscalls/constants.ts';
import { hasCode } from '../kernel/errors.ts';
import type { Kernel } from '../kernel/kernel.ts';
import { newAddress } from '../kernel/netlink/route/address.ts';
import { getLink, linkOf, newLink, setLink } from '../kernel/netlink/route/link.ts';
import { newDefaultRoute } from '../kernel/netlink/route/route.ts';
import { withNetlink } from '../kernel/netlink/socket.ts';
import type { Container } from '../container/container.ts';
import { bridgeNow, ensureBridge } from './bridge.ts';
import { enableForwarding } from './forwarding.ts';
import { eth0, inside } from './inside.ts';
import { broadcast, macOf } from './ipv4.ts';
import { leaseAddress } from './leases.ts';
import { removeLink } from './links.ts';
import { ensureChain, forwardChain, masqueradeChain } from './rules.ts';

/** The peer's name until it becomes eth0. */
export const PEER = 'peer';

export async function findSubnet(k: Kernel, c: Container): Promise<void> {
  const { gateway, prefix } = await ensureBridge(k, c.settings);
  Object.assign(c.network, { gateway, prefix });
}

export async function takeAddress(k: Kernel, c: Container): Promise<void> {
  const address = await leaseAddress(k, c.settings, bridgeNow(c.settings.bridge), c.id, c.network.requestedAddress);
  Object.assign(c.network, { address, mac: c.network.requestedMac ?? macOf(address) });
  k.fact({ kind: 'lease', key: address, value: c.id });
}

/** What the lease step left in c.network. */
function leased(c: Container): { address: string; prefix: number; gateway: string; mac: string } {
  const { address, prefix, gateway, mac } = c.network;
  if (!address || !prefix || !gateway || !mac)
    throw new Error(`container ${c.id.slice(0, 12)} has no address yet: run network.lease-address first`);
  return { address, prefix, gateway, mac };
}

export async function createPair(k: Kernel, c: Container): Promise<void> {
  const { hostLink } = c.network;
  const { mtu } = bridgeNow(c.settings.bridge);
  const pair = newLink({
    ifname: hostLink,
    mtu,
    linkinfo: { kind: 'veth', data: { peer: { ifname: PEER, mtu, net_ns_pid: c.live.pid } } },
  });
  await withNetlink(k, NETLINK_ROUTE, async (socket) => {
    try {
      await socket.request(pair);
    } catch (error) {
      // left over from the last run: the kernel has not yet taken its namespace down
      if (!hasCode(error, 'EEXIST')) throw error;
      await removeLink(k, hostLink);
      await socket.request(pair);
    }
  });
  k.fact(
    { kind: 'link', key: `host/${hostLink}`, value: 'veth, down' },
    { kind: 'link', key: `container/${PEER}`, value: 'veth, down' },
  );
}

export async function attach(k: Kernel, c: Container): Promise<void> {
  const { index, name } = bridgeNow(c.settings.bridge);
  await withNetlink(k, NETLINK_ROUTE, (socket) => socket.request(setLink(c.network.hostLink, { master: index }, true)));
  k.fact({ kind: 'link', key: `host/${c.network.hostLink}`, value: `veth, master ${name}, up` });
}

export async function findPeer(k: Kernel, c: Container): Promise<void> {
  const { index, mac } = linkOf(await inside(k, c).get(...getLink(PEER)));
  c.live.eth0 = index;
  k.fact({ kind: 'link', key: `container/${PEER}`, value: `veth, index ${index}, ${mac}, down` });
}

export async function nameEth0(k: Kernel, c: Container): Promise<void> {
  await inside(k, c).request(setLink(eth0(c), { ifname: 'eth0' }));
  k.fact(
    { kind: 'link', key: `container/${PEER}`, value: null },
    { kind: 'link', key: 'container/eth0', value: `veth, index ${eth0(c)}, down` },
  );
}

export async function setMac(k: Kernel, c: Container): Promise<void> {
  const { mac } = leased(c);
  await inside(k, c).request(setLink(eth0(c), { address: mac }));
  k.fact({ kind: 'link', key: 'container/eth0', value: `veth, index ${eth0(c)}, ${mac}, down` });
}

export async function addAddress(k: Kernel, c: Container): Promise<void> {
  const { address, prefix } = leased(c);
  await inside(k, c).request(newAddress({ index: eth0(c), address, prefix }, broadcast({ address, prefix })));
  k.fact({ kind: 'address', key: 'container/eth0', value: `${address}/${prefix}` });
}

export async function loopbackUp(k: Kernel, c: Container): Promise<void> {
  await inside(k, c).request(setLink('lo', {}, true));
  k.fact(
    { kind: 'link', key: 'container/lo', value: 'loopback, up' },
    { kind: 'address', key: 'container/lo', value: '127.0.0.1/8' },
  );
}

export async function linkUp(k: Kernel, c: Container): Promise<void> {
  const { mac } = leased(c);
  await inside(k, c).request(setLink(eth0(c), {}, true));
  k.fact({ kind: 'link', key: 'container/eth0', value: `veth, index ${eth0(c)}, ${mac}, up` });
}

export async function addRoutes(k: Kernel, c: Container): Promise<void> {
  const { gateway } = leased(c);
  await inside(k, c).request(newDefaultRoute(gateway, eth0(c)));
  k.fact({ kind: 'route', key: 'container/default', value: `via ${gateway} dev eth0` });
}

export const masquerade = (k: Kernel, c: Container): Promise<void> =>
  ensureChain(k, masqueradeChain(bridgeNow(c.settings.bridge)));

export async function forward(k: Kernel, c: Container): Promise<void> {
  await ensureChain(k, forwardChain(bridgeNow(c.settings.bridge)));
  await enableForwarding(k, c.settings.bridge);
}
