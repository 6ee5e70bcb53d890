/**
 * The bridge: a switch in the kernel that connects the containers' links. It is made once and shared by all of them.
 */
import { NETLINK_ROUTE } from '../../syscalls/constants.ts';
import { tolerate } from '../../kernel/errors.ts';
import type { Fact } from '../../journal/event.ts';
import type { Kernel } from '../../kernel/kernel.ts';
import { addressOf, dumpAddresses, newAddress, newAddress6, type Address } from '../../kernel/netlink/route/address.ts';
import { newLink, setLink, type Link } from '../../kernel/netlink/route/link.ts';
import { dumpRoutes, routeOf, RT_TABLE_MAIN, type Route } from '../../kernel/netlink/route/route.ts';
import { withNetlink, type NetlinkSocket } from '../../kernel/netlink/socket.ts';
import { ApiError, conflict } from '../../errors/api-error.ts';
import type { Network } from '../driver.ts';
import { macOf } from '../ipam/family.ts';
import { broadcast } from '../ipam/ipv4.ts';
import { findLink } from '../links.ts';
import { chooseSubnet, parseBip, type Subnet } from '../ipam/subnet.ts';

type BridgeSettings = Pick<Network, 'bridge' | 'bip' | 'subnet' | 'subnet6' | 'ipv4' | 'avoid' | 'options'>;
/** `uplink` is the host's link on its default route, if there is one. It has a subnet of one family at least. */
export interface Bridge {
  name: string;
  index: number;
  mtu: number;
  uplink?: Link;
  subnet?: Subnet;
  subnet6?: Subnet;
}

/** Marks Drydock's bridges. Text after it records the host's forwarding (forwarding.ts). */
export const ALIAS = 'drydock';

/** By name. An entry is valid while the kernel has a link with this name and index. */
const known = new Map<string, Bridge>();

/**
 * Makes the missing parts: link, address, up. Existing parts are left alone, so two starts at the same time do no harm.
 * Throws ApiError 409 when another object has the name or another subnet is on the bridge.
 */
export async function ensureBridge(k: Kernel, settings: BridgeSettings): Promise<Bridge> {
  return withNetlink(k, NETLINK_ROUTE, async (socket) => {
    const link = await findLink(socket, settings.bridge);
    const before = known.get(settings.bridge);
    const bridge = link && link.up && before?.index === link.index ? before : await build(k, socket, settings);
    known.set(settings.bridge, bridge);
    k.fact(...factsOf(bridge));
    return bridge;
  });
}

async function build(k: Kernel, socket: NetlinkSocket, settings: BridgeSettings): Promise<Bridge> {
  const name = settings.bridge;
  const addresses = (await socket.dump(...dumpAddresses)).map(addressOf);
  const routes = (await socket.dump(...dumpRoutes)).map(routeOf);
  // read after the addresses, so that a bridge that another start has just made does not look like a subnet in use
  const link = await findLink(socket, name);
  if (link && link.kind !== 'bridge')
    throw conflict(`${name} is a ${link.kind || 'hardware'} link and no bridge: choose another name with --bridge`);
  const own = addresses.find(({ index }) => index === link?.index);
  const taken = () => [...addresses, ...routes.map(({ to, prefix }) => ({ address: to, prefix }))];
  const chosen = () =>
    own ? kept(settings, own) : chooseSubnet(settings.bip, [...taken(), ...(settings.avoid?.() ?? [])]);
  const subnet = settings.ipv4 === false ? undefined : (settings.subnet ?? chosen());
  const { subnet6 } = settings;
  const uplink = await findUplink(socket, routes);
  if (!link) {
    const mtu = settings.options?.mtu ?? uplink?.mtu;
    const mac = bridgeMac({ subnet, subnet6 });
    const attributes = { ifname: name, mtu, address: mac, linkinfo: { kind: 'bridge' } };
    await tolerate(['EEXIST'], socket.request(newLink(attributes)));
  }
  const { index, mtu, alias } = link ?? (await findLink(socket, name)) ?? gone(name);
  if (subnet) {
    const address = { index, address: subnet.gateway, prefix: subnet.prefix };
    await tolerate(['EEXIST'], socket.request(newAddress(address, broadcast(address))));
  }
  await ignoreRouterAdvertisements(k, name);
  // The kernel ignores an alias when a link is made and takes it only in a change. A bridge that a user made and named
  // for a network stays the user's.
  const theirs = link !== undefined && (settings.subnet !== undefined || settings.ipv4 === false);
  await socket.request(setLink(index, alias || theirs ? {} : { ifalias: ALIAS }, true));
  if (subnet6) await addSix(k, socket, name, index, subnet6);
  return { name, index, mtu, ...(uplink && { uplink }), ...(subnet && { subnet }), ...(subnet6 && { subnet6 }) };
}

/** The hardware address of a bridge comes from its gateway's address. */
export function bridgeMac({ subnet, subnet6 }: { subnet?: Subnet | undefined; subnet6?: Subnet | undefined }): string {
  const gateway = (subnet ?? subnet6)?.gateway;
  if (gateway === undefined) throw new Error('a bridge needs a subnet of one family at least');
  return macOf(gateway);
}

/** A host may have IPv6 switched off for new links. Throws ApiError 500 when the kernel has none at all. */
async function addSix(k: Kernel, socket: NetlinkSocket, name: string, index: number, subnet: Subnet): Promise<void> {
  const off = `/proc/sys/net/ipv6/conf/${name}/disable_ipv6`;
  const there = await tolerate(
    ['ENOENT'],
    k.daemon.write_file(off, 0, 0, Buffer.from('0')).then(() => true),
  );
  if (!there) throw new ApiError(500, 'this kernel has no IPv6: make the network without --ipv6');
  // While the kernel looks for a duplicate of the bridge's link-local address, up to two seconds after the first
  // container came, it solicits no neighbour for forwarded packets: conf/*/accept_dad in the kernel's ip-sysctl.
  const { daemon } = k;
  await tolerate(['ENOENT'], daemon.write_file(`/proc/sys/net/ipv6/conf/${name}/accept_dad`, 0, 0, Buffer.from('0')));
  await tolerate(['EEXIST'], socket.request(newAddress6({ index, address: subnet.gateway, prefix: subnet.prefix })));
}

/** Reported at every start, even when the bridge existed already, because this container's journal needs them too. */
const factsOf = ({ name, index, mtu, uplink, subnet, subnet6 }: Bridge): Fact[] => [
  { kind: 'link', key: `host/${name}`, value: `bridge, index ${index}, mtu ${mtu}, up` },
  ...(subnet ? [{ kind: 'address', key: `host/${name}`, value: `${subnet.gateway}/${subnet.prefix}` } as const] : []),
  ...(subnet6
    ? [{ kind: 'address', key: `host/${name}/ip6`, value: `${subnet6.gateway}/${subnet6.prefix}` } as const]
    : []),
  ...(uplink
    ? [{ kind: 'link', key: `host/${uplink.name}`, value: `uplink, index ${uplink.index}, mtu ${uplink.mtu}` } as const]
    : []),
];

/**
 * Without this, a container could present itself as an IPv6 router, and the host would send its traffic there:
 * CVE-2020-13401. A kernel without IPv6 does not have the file.
 */
async function ignoreRouterAdvertisements(k: Kernel, name: string): Promise<void> {
  await tolerate(['ENOENT'], k.daemon.write_file(`/proc/sys/net/ipv6/conf/${name}/accept_ra`, 0, 0, Buffer.from('0')));
}

function gone(name: string): never {
  throw new Error(`the bridge ${name} was deleted while it was made; start again`);
}

/** An existing bridge keeps its subnet, because containers may use it. */
function kept({ bridge, bip }: BridgeSettings, { address, prefix }: Address): Subnet {
  const wanted = bip ? parseBip(bip) : undefined;
  if (wanted && (wanted.gateway !== address || wanted.prefix !== prefix)) {
    throw conflict(
      `${bridge} has ${address}/${prefix} and not ${bip}: start the daemon with --bip ${address}/${prefix}, or end all containers and delete the bridge`,
    );
  }
  return { gateway: address, prefix };
}

/** Finds the link of the default route. Packets that leave the host use it, so the bridge needs no larger MTU. */
async function findUplink(socket: NetlinkSocket, routes: readonly Route[]): Promise<Link | undefined> {
  const out = routes
    .filter(({ prefix, table, oif }) => prefix === 0 && table === RT_TABLE_MAIN && oif)
    .sort((a, b) => a.metric - b.metric)[0];
  return out && findLink(socket, out.oif);
}

/** The subnet of a bridge that this daemon has made or seen. */
export const subnetNow = (name: string): Subnet | undefined => known.get(name)?.subnet;

/** The result of the last ensureBridge, without asking the kernel. */
export function bridgeNow(name: string): Bridge {
  const bridge = known.get(name);
  if (!bridge) throw new Error(`the bridge ${name} has not been made sure of: run network.ensure-bridge first`);
  return bridge;
}
export const forgetBridge = (name: string): void => void known.delete(name);
