/**
 * What the kernel reports about a container's network now: the host's side and the container's, in lines like those of
 * ip(8).
 */
import { NETLINK_ROUTE } from '../../syscalls/constants.ts';
import { tolerate } from '../../kernel/errors.ts';
import type { Kernel } from '../../kernel/kernel.ts';
import {
  addressOf,
  dumpAddresses,
  dumpAddresses6,
  dumpAddressesIn,
  type Address,
} from '../../kernel/netlink/route/address.ts';
import { dumpLinks, dumpLinksIn, linkOf, type Link } from '../../kernel/netlink/route/link.ts';
import { dumpNeighbours, neighbourOf, type Neighbour } from '../../kernel/netlink/route/neighbour.ts';
import { dumpRoutes, dumpRoutes6, routeOf, RT_TABLE_MAIN, type Route } from '../../kernel/netlink/route/route.ts';
import { withNetlink, type NetlinkSocket } from '../../kernel/netlink/socket.ts';
import type { InspectionSection } from '../../journal/inspection-section.ts';
import { lookInside } from './inside.ts';
import type { Connected } from '../driver.ts';
import { findLink } from '../links.ts';
import { linksOf, neighboursOf, routesOf } from './proc-net.ts';

const ROOM = 32 * 1024;

interface Found {
  links: Link[];
  addresses: Address[];
  routes: Route[];
  neighbours: Neighbour[];
}

const nameOf = (links: readonly Link[], index: number) =>
  links.find((link) => link.index === index)?.name ?? `if${index}`;
function showLink(link: Link, links: readonly Link[]): string {
  // nothing more is shown for a link of which only the name is known
  if (!link.mtu) return `${link.index}: ${link.name}`;
  const state = [link.up ? 'up' : 'down', link.up && !link.lowerUp && 'no carrier', link.alias && `(${link.alias})`];
  return [
    `${link.index}: ${link.name}`,
    link.kind,
    link.mac,
    `mtu ${link.mtu}`,
    link.master && `master ${nameOf(links, link.master)}`,
    ...state,
  ]
    .filter(Boolean)
    .join(' ');
}

export function show(
  where: string,
  { links, addresses, routes, neighbours }: Found,
  wanted: (link: Link) => boolean,
): InspectionSection[] {
  const chosen = new Set(links.filter(wanted).map(({ index }) => index));
  const dev = (index: number) => `dev ${nameOf(links, index)}`;
  const line = ({ to, prefix, gateway, oif }: Route) =>
    `${prefix ? `${to}/${prefix}` : 'default'}${gateway ? ` via ${gateway}` : ''} ${dev(oif)}`;
  return [
    { title: `links, ${where}`, lines: links.filter(wanted).map((link) => showLink(link, links)) },
    {
      title: `addresses, ${where}`,
      lines: addresses
        .filter(({ index }) => chosen.has(index))
        .map(({ address, prefix, index }) => `${address}/${prefix} ${dev(index)}`),
    },
    {
      title: `routes, ${where}`,
      lines: routes.filter(({ table, oif }) => table === RT_TABLE_MAIN && chosen.has(oif)).map(line),
    },
    {
      title: `neighbours, ${where}`,
      lines: neighbours
        .filter(({ index }) => chosen.has(index))
        .map(({ address, mac, state, index }) => `${address} ${mac || 'no answer'} ${state} ${dev(index)}`),
    },
  ];
}

/** Every link has these: its own address fe80::…, ::1, and routes to fe80::/64 and ff00::/8. */
const isOfLink = (address: string) => /^(fe[89ab]|ff|::1$)/.test(address);

export const askAll = async (socket: NetlinkSocket): Promise<Found> => ({
  links: (await socket.dump(...dumpLinks)).map(linkOf),
  addresses: [
    ...(await socket.dump(...dumpAddresses)).map(addressOf),
    ...(await socket.dump(...dumpAddresses6)).map(addressOf).filter(({ address }) => !isOfLink(address)),
  ],
  routes: [
    ...(await socket.dump(...dumpRoutes)).map(routeOf),
    ...(await socket.dump(...dumpRoutes6)).map(routeOf).filter(({ to }) => !isOfLink(to)),
  ],
  neighbours: (await socket.dump(...dumpNeighbours)).map(neighbourOf),
});

/** Asks through a socket of the stage, or from outside after the stage has become the user's process. */
export async function insideEvidence(k: Kernel, c: Connected): Promise<InspectionSection[]> {
  try {
    return show('container', await lookInside(k, c, askAll), () => true);
  } catch {
    return show('container', await askFromOutside(k, c), () => true);
  }
}

/**
 * Links and addresses are read by the host's number for the namespace at the other end of the pair, the rest from
 * /proc/PID/net.
 */
async function askFromOutside(k: Kernel, c: Connected): Promise<Found> {
  const proc = async (file: string) =>
    (
      await tolerate(
        ['ENOENT', 'ESRCH', 'EINVAL'],
        k.daemon.read_file(`/proc/${c.live.pid ?? 'none'}/net/${file}`, ROOM),
      )
    )?.toString() ?? '';
  const { links, addresses } = await withNetlink(k, NETLINK_ROUTE, async (socket) => {
    await socket.strict();
    const hostLink = c.endpoints.find((endpoint) => endpoint.hostLink)?.hostLink;
    const netns = hostLink ? (await findLink(socket, hostLink))?.peerNetns : undefined;
    if (netns === undefined) return { links: linksOf(await proc('dev')), addresses: [] };
    return {
      links: (await socket.dump(...dumpLinksIn(netns))).map(linkOf),
      addresses: (await socket.dump(...dumpAddressesIn(netns))).map(addressOf),
    };
  });
  return {
    links,
    addresses,
    routes: routesOf(await proc('route'), links),
    neighbours: neighboursOf(await proc('arp'), links),
  };
}
