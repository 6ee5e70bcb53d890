/** The work of each step for an endpoint on a bridge; steps.ts explains the steps. */
import { NETLINK_ROUTE } from '../../syscalls/constants.ts';
import { hasCode, tolerate } from '../../kernel/errors.ts';
import type { Kernel } from '../../kernel/kernel.ts';
import { newAddress, newAddress6 } from '../../kernel/netlink/route/address.ts';
import { getLink, isolatePort, linkOf, newLink, setLink } from '../../kernel/netlink/route/link.ts';
import { newDefaultRoute } from '../../kernel/netlink/route/route.ts';
import { withNetlink } from '../../kernel/netlink/socket.ts';
import { defaultRoute4Of, defaultRoute6Of } from '../default-route.ts';
import type { Connected, Connection } from '../driver.ts';
import { isConnected, type Endpoint } from '../endpoint.ts';
import { isSix, macOf } from '../ipam/family.ts';
import { broadcast } from '../ipam/ipv4.ts';
import { leaseFrom, releaseAddress } from '../ipam/leases.ts';
import type { Subnet } from '../ipam/subnet.ts';
import { detachLink, findLink, removeLink } from '../links.ts';
import { ensureChain } from '../rules.ts';
import { closeInside, inside, openFromOutside } from '../sandbox/inside.ts';
import { bridgeNow, ensureBridge } from './bridge.ts';
import { enableForwarding } from './forwarding.ts';
import { forwardChain, inFamilies, masqueradeChain } from './rules.ts';

/** The peer's name until it is renamed to eth0. */
export const PEER = 'peer';

/** The default is for records from before endpoints had names. */
const ifnameOf = ({ ifname = 'eth0' }: Endpoint) => ifname;
export const hostLinkOf = ({ container, endpoint }: Connection): string =>
  endpoint.hostLink ?? `veth${container.id.slice(0, 11)}`;

/** The index of the endpoint's link in the container's network namespace. */
function indexOf({ container, endpoint }: Connection): number {
  const index = container.live.links?.get(endpoint.endpointID);
  if (index === undefined)
    throw new Error(`container ${container.id.slice(0, 12)} has no link of its own yet: run network.find-peer first`);
  return index;
}

export async function findSubnet(k: Kernel, { network, endpoint }: Connection): Promise<void> {
  const { subnet, subnet6 } = await ensureBridge(k, network);
  if (subnet) Object.assign(endpoint, { gateway: subnet.gateway, prefix: subnet.prefix });
  // the daemon of the last run may have had --ipv6, or may not
  delete endpoint.ipv6;
  if (subnet6) Object.assign(endpoint, { gateway6: subnet6.gateway, prefix6: subnet6.prefix, ipv6: true });
}

export function takeAddress(k: Kernel, it: Connection): Promise<void> {
  const { subnet, subnet6 } = bridgeNow(it.network.bridge);
  return lease(k, it, subnet ? [subnet] : [], subnet6 ? [subnet6] : []);
}

/** Leases an address of each family for the endpoint, from the first of its subnets that has one. */
export async function lease(
  k: Kernel,
  { network, endpoint, container }: Connection,
  four: readonly Subnet[],
  six: readonly Subnet[],
): Promise<void> {
  const place = { root: container.settings.root, network: network.id, name: network.name };
  const { requestedAddress, requestedAddress6, requestedMac } = endpoint;
  delete endpoint.mac;
  if (four.length) {
    const { address, subnet } = await leaseFrom(k, place, four, container.id, requestedAddress);
    Object.assign(endpoint, { address, prefix: subnet.prefix, gateway: subnet.gateway });
    k.fact({ kind: 'lease', key: address, value: container.id });
  }
  if (six.length) {
    const { address, subnet } = await leaseFrom(k, place, six, container.id, requestedAddress6);
    Object.assign(endpoint, { address6: address, prefix6: subnet.prefix, gateway6: subnet.gateway });
    k.fact({ kind: 'lease', key: address, value: container.id });
  }
  const address = endpoint.address ?? endpoint.address6;
  if (address) Object.assign(endpoint, { mac: requestedMac ?? macOf(address) });
}

export async function releaseLease(k: Kernel, { network, endpoint, container }: Connection): Promise<void> {
  const place = { root: container.settings.root, network: network.id };
  // the hardware address is written down last: without it a lease may have been made that is not known here
  const leases = endpoint.mac ? [endpoint.address, endpoint.address6].filter((one) => one !== undefined) : [];
  const released = await releaseAddress(k, place, container.id, ...leases);
  k.fact(...released.map((address) => ({ kind: 'lease' as const, key: address, value: null })));
  for (const key of ['address', 'prefix', 'gateway', 'mac', 'address6', 'prefix6', 'gateway6'] as const)
    delete endpoint[key];
}

/** The hardware address that the lease step stored in the endpoint. */
function leasedMac({ container, endpoint }: Connection): string {
  const { mac } = endpoint;
  if (!mac || !isConnected(endpoint))
    throw new Error(`container ${container.id.slice(0, 12)} has no address yet: run network.lease-address first`);
  return mac;
}

export async function createPair(k: Kernel, it: Connection): Promise<void> {
  const hostLink = hostLinkOf(it);
  const { mtu } = bridgeNow(it.network.bridge);
  const pair = newLink({
    ifname: hostLink,
    mtu,
    linkinfo: { kind: 'veth', data: { peer: { ifname: PEER, mtu, net_ns_pid: it.container.live.pid } } },
  });
  await withNetlink(k, NETLINK_ROUTE, async (socket) => {
    try {
      await socket.request(pair);
    } catch (error) {
      // it is left from the last run: the kernel has not removed the old namespace yet
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

/** Resolves after the pair was deleted. */
export const removePair = (k: Kernel, it: Connection): Promise<void> => removeLink(k, hostLinkOf(it));

/**
 * Fast. The kernel deletes the pair together with the namespace, some milliseconds after its last process has ended.
 */
export const unplug = (k: Kernel, it: Connection): Promise<void> => detachLink(k, hostLinkOf(it));

export async function attach(k: Kernel, it: Connection): Promise<void> {
  const { index, name } = bridgeNow(it.network.bridge);
  const hostLink = hostLinkOf(it);
  await withNetlink(k, NETLINK_ROUTE, async (socket) => {
    await socket.request(setLink(hostLink, { master: index }, true));
    if (it.network.options?.icc === false) await socket.request(isolatePort(hostLink));
  });
  k.fact({ kind: 'link', key: `host/${hostLink}`, value: `veth, master ${name}, up` });
}

/** What kind of link it is inside. */
const kindOf = ({ driver }: Endpoint) => (driver === 'bridge' ? 'veth' : driver);

export async function findPeer(k: Kernel, { container, endpoint }: Connection): Promise<void> {
  const { index, mac } = linkOf(await inside(k, container).get(...getLink(PEER)));
  container.live.links = new Map(container.live.links).set(endpoint.endpointID, index);
  k.fact({ kind: 'link', key: `container/${PEER}`, value: `${kindOf(endpoint)}, index ${index}, ${mac}, down` });
}

export async function nameLink(k: Kernel, it: Connection): Promise<void> {
  const [index, ifname] = [indexOf(it), ifnameOf(it.endpoint)];
  await inside(k, it.container).request(setLink(index, { ifname }));
  k.fact(
    { kind: 'link', key: `container/${PEER}`, value: null },
    { kind: 'link', key: `container/${ifname}`, value: `${kindOf(it.endpoint)}, index ${index}, down` },
  );
}

const IN_USE_MS = 3000;
const AGAIN_MS = 20;
/**
 * Links of one macvlan parent have different hardware addresses. The kernel deletes the link of a container that has
 * just ended a little after its network namespace, and its address may be leased anew before.
 */
async function whileInUse(set: () => Promise<unknown>): Promise<void> {
  for (const end = Date.now() + IN_USE_MS; ; await new Promise((resolve) => setTimeout(resolve, AGAIN_MS))) {
    try {
      await set();
      return;
    } catch (error) {
      if (!hasCode(error, 'EADDRINUSE') || Date.now() >= end) throw error;
    }
  }
}

export async function setMac(k: Kernel, it: Connection): Promise<void> {
  const mac = leasedMac(it);
  await whileInUse(() => inside(k, it.container).request(setLink(indexOf(it), { address: mac })));
  k.fact({
    kind: 'link',
    key: `container/${ifnameOf(it.endpoint)}`,
    value: `${kindOf(it.endpoint)}, index ${indexOf(it)}, ${mac}, down`,
  });
}

export async function addAddress(k: Kernel, it: Connection): Promise<void> {
  leasedMac(it);
  const { address, prefix } = it.endpoint;
  if (address && prefix) {
    await inside(k, it.container).request(
      newAddress({ index: indexOf(it), address, prefix }, broadcast({ address, prefix })),
    );
    k.fact({ kind: 'address', key: `container/${ifnameOf(it.endpoint)}`, value: `${address}/${prefix}` });
  }
  await addFurther(k, it);
}

/** LINK_LOCAL: the prefixes with which dockerd adds such addresses. */
const LINK_LOCAL = { four: 16, six: 64 };

/** The IPv6 address, and the link-local addresses that were requested. */
async function addFurther(k: Kernel, it: Connection): Promise<void> {
  const { address6, prefix6, linkLocal = [] } = it.endpoint;
  const further = linkLocal.map((address) => ({
    address,
    prefix: isSix(address) ? LINK_LOCAL.six : LINK_LOCAL.four,
  }));
  if (address6 && prefix6) further.unshift({ address: address6, prefix: prefix6 });
  for (const one of further) {
    const address = { index: indexOf(it), ...one };
    await inside(k, it.container).request(
      isSix(one.address) ? newAddress6(address) : newAddress(address, broadcast(address)),
    );
    k.fact({
      kind: 'address',
      key: `container/${ifnameOf(it.endpoint)}/${one.address}`,
      value: `${one.address}/${one.prefix}`,
    });
  }
}

export async function linkUp(k: Kernel, it: Connection): Promise<void> {
  const mac = leasedMac(it);
  await inside(k, it.container).request(setLink(indexOf(it), {}, true));
  k.fact({
    kind: 'link',
    key: `container/${ifnameOf(it.endpoint)}`,
    value: `${kindOf(it.endpoint)}, index ${indexOf(it)}, ${mac}, up`,
  });
}

const gatewaysOf = ({ container, endpoint }: Connection): string[] =>
  FAMILIES.flatMap(({ best, gateway }) => (best(container.endpoints) === endpoint ? (gateway(endpoint) ?? []) : []));

/** Each family has a default route of its own, through the same endpoint or another one. */
const FAMILIES = [
  { best: defaultRoute4Of<Endpoint>, gateway: (endpoint: Endpoint) => endpoint.gateway },
  { best: defaultRoute6Of<Endpoint>, gateway: (endpoint: Endpoint) => endpoint.gateway6 },
];
const routeKey = (gateway: string) => `container/default${isSix(gateway) ? '/ip6' : ''}`;

export const hasDefaultRoute = ({ container, endpoint }: Connection): boolean =>
  FAMILIES.some(({ best }) => best(container.endpoints) === endpoint);

/** Replaces the default route of another endpoint, which a container that is already running may have. */
export async function addRoutes(k: Kernel, it: Connection): Promise<void> {
  const only = it.container.endpoints.length === 1;
  for (const gateway of gatewaysOf(it)) {
    await inside(k, it.container).request(newDefaultRoute(gateway, indexOf(it), { replace: !only }));
    k.fact({ kind: 'route', key: routeKey(gateway), value: `via ${gateway} dev ${ifnameOf(it.endpoint)}` });
  }
}

/**
 * After this endpoint has gone, the next one has the default route. In a start that is undone nothing has to be done:
 * the whole namespace ends.
 */
export async function giveRouteBack(k: Kernel, { container, endpoint }: Connection): Promise<void> {
  if (!endpoint.moving) return;
  const open = container.live.netlink !== undefined;
  if (!open && !(await reachInside(k, container))) return;
  try {
    await routeThroughNext(k, container, endpoint);
  } finally {
    if (!open) await closeInside(k, container);
  }
}

/** False when the container has ended meanwhile. */
const reachInside = async (k: Kernel, container: Connected): Promise<boolean> =>
  container.live.pidfd !== undefined &&
  (await tolerate(
    ['ESRCH'],
    openFromOutside(k, container).then(() => true),
  )) === true;

/** Sends what has no other way through the endpoint that is the best one without `gone`, if there is one. */
export async function routeThroughNext(k: Kernel, container: Connected, gone: Endpoint): Promise<void> {
  for (const { best, gateway: of } of FAMILIES) {
    if (best(container.endpoints) !== gone) continue;
    const next = best(container.endpoints.filter((one) => one !== gone));
    const gateway = next && isConnected(next) && of(next);
    const socket = inside(k, container);
    const link = next && (await findLink(socket, ifnameOf(next)));
    if (!gateway || !link) continue;
    await socket.request(newDefaultRoute(gateway, link.index, { replace: true }));
    k.fact({ kind: 'route', key: routeKey(gateway), value: `via ${gateway} dev ${ifnameOf(next)}` });
  }
}

export async function masquerade(k: Kernel, { network }: Connection): Promise<void> {
  for (const chain of inFamilies(masqueradeChain, bridgeNow(network.bridge), network.options))
    await ensureChain(k, chain);
}

export async function forward(k: Kernel, { network }: Connection): Promise<void> {
  const bridge = bridgeNow(network.bridge);
  for (const chain of inFamilies(forwardChain, bridge, network.options)) await ensureChain(k, chain);
  await enableForwarding(k, network.bridge, bridge.subnet6 !== undefined);
}
