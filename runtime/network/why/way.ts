/** Route, neighbour and links of a packet, as rtnetlink(7) tells them in a network namespace. */
import { readFileSync } from 'node:fs';
import { NETLINK_ROUTE } from '../../syscalls/constants.ts';
import { hasCode, tolerate } from '../../kernel/errors.ts';
import type { Kernel } from '../../kernel/kernel.ts';
import { getLink, linkOf, type Link } from '../../kernel/netlink/route/link.ts';
import { dumpNeighbours, dumpNeighbours6, neighbourOf, type Neighbour } from '../../kernel/netlink/route/neighbour.ts';
import { getRoute, wayOf, type Way } from '../../kernel/netlink/route/route.ts';
import { isSix } from '../ipam/family.ts';
import { netlinkIn, type Place } from './place.ts';

export interface FoundWay extends Way {
  /** the name of the link through which it leaves */
  dev: string;
}

/** Undefined when the namespace has no route there. */
export async function wayTo(k: Kernel, place: Place, address: string): Promise<FoundWay | undefined> {
  return netlinkIn(k, place, NETLINK_ROUTE, async (socket) => {
    try {
      const way = wayOf(await socket.get(...getRoute(address)));
      return { ...way, dev: linkOf(await socket.get(...getLink(way.oif))).name };
    } catch (error) {
      // RTN_UNREACHABLE, RTN_PROHIBIT and RTN_BLACKHOLE are routes that say no
      if (hasCode(error, 'ENETUNREACH', 'EHOSTUNREACH', 'EACCES', 'EINVAL')) return undefined;
      throw error;
    }
  });
}

export const showWay = (address: string, { source, gateway, dev, local }: FoundWay): string =>
  `${local ? 'local ' : ''}${address}${gateway ? ` via ${gateway}` : ''} dev ${dev} src ${source}`;

/** Undefined when nothing is known of that address: no packet was sent to it lately. */
export async function neighbourAt(
  k: Kernel,
  place: Place,
  index: number,
  address: string,
): Promise<Neighbour | undefined> {
  const all = await netlinkIn(k, place, NETLINK_ROUTE, (socket) =>
    socket.dump(...(isSix(address) ? dumpNeighbours6 : dumpNeighbours)),
  );
  return all.map(neighbourOf).find((one) => one.address === address && one.index === index);
}

/** The question for the MAC address got no answer. */
export const isSilent = ({ mac, state }: Neighbour): boolean => !mac || /FAILED|INCOMPLETE/.test(state);

/** A link of the host by name; undefined when it is not there. */
export const linkNamed = (k: Kernel, place: Place, name: string | number): Promise<Link | undefined> =>
  netlinkIn(k, place, NETLINK_ROUTE, async (socket) => {
    const found = await tolerate(['ENODEV'], socket.get(...getLink(name)));
    return found && linkOf(found);
  });

export interface Port {
  link: Link;
  bridge: string;
  /** frames between two isolated ports are dropped: enable_icc=false */
  isolated: boolean;
}
/** The host's end of a container's link, and the bridge whose port it is. */
export async function bridgePort(k: Kernel, host: Place, name: string): Promise<Port | undefined> {
  const link = await linkNamed(k, host, name);
  const bridge = link?.master ? await linkNamed(k, host, link.master) : undefined;
  return link && bridge && { link, bridge: bridge.name, isolated: isIsolated(name) };
}
function isIsolated(link: string): boolean {
  try {
    return readFileSync(`/sys/class/net/${link}/brport/isolated`, 'latin1').trim() === '1';
  } catch {
    return false; // the link is gone, or the daemon's /sys is that of another network namespace
  }
}
