/** The kernel's counters of the links through which a container's packets pass. */
import { NETLINK_ROUTE } from '../syscalls/constants.ts';
import { linkOf, dumpLinksIn, type Link } from '../kernel/netlink/route/link.ts';
import type { Counters } from '../kernel/netlink/route/counters.ts';
import { withNetlink, type NetlinkSocket } from '../kernel/netlink/socket.ts';
import type { Kernel } from '../kernel/kernel.ts';
import type { Container } from '../container/container.ts';
import { findLink } from '../network/links.ts';

/** `side` and `name` as in the journal's facts: 'host/drydock0', 'container/eth0'. */
export interface LinkCounters extends Counters {
  side: 'host' | 'container';
  name: string;
}

const counted = (side: LinkCounters['side'], link: Link | undefined): LinkCounters[] =>
  link?.counters ? [{ side, name: link.name, ...link.counters }] : [];

/** Counters of the container's end of the pair, by the host's netnsid for the namespace of that end. */
async function otherEnd(socket: NetlinkSocket, { peerNetns }: Link): Promise<LinkCounters[]> {
  if (peerNetns === undefined) return [];
  return (await socket.dump(...dumpLinksIn(peerNetns)))
    .map(linkOf)
    .filter(({ name }) => name !== 'lo')
    .flatMap((link) => counted('container', link));
}

/** The container's eth0, the host's end of the pair, and the bridge; nothing for a container without its own link. */
export async function linkCounters(
  k: Kernel,
  { endpoints, settings }: Pick<Container, 'endpoints' | 'settings'>,
): Promise<LinkCounters[]> {
  const hostLink = endpoints.find(({ driver }) => driver === 'bridge')?.hostLink;
  if (!hostLink) return [];
  return withNetlink(k, NETLINK_ROUTE, async (socket) => {
    await socket.strict();
    const veth = await findLink(socket, hostLink);
    if (!veth) return [];
    return [
      ...(await otherEnd(socket, veth)),
      ...counted('host', veth),
      ...counted('host', await findLink(socket, settings.bridge)),
    ];
  });
}
