/** What the kernel says about a container's network now: dumps of the host's side and of the container's, in lines like those of ip(8). */
import { NETLINK_ROUTE } from '../kernel/constants.ts';
import { tolerate } from '../kernel/errors.ts';
import type { Kernel } from '../kernel/kernel.ts';
import { addressOf, dumpAddresses } from '../kernel/netlink/route/address.ts';
import { dumpLinks, linkOf, type Link } from '../kernel/netlink/route/link.ts';
import { dumpNeighbours, neighbourOf } from '../kernel/netlink/route/neighbour.ts';
import { dumpRoutes, routeOf, RT_TABLE_MAIN } from '../kernel/netlink/route/route.ts';
import { withNetlink, type NetlinkSocket } from '../kernel/netlink/socket.ts';
import type { Container } from '../machine/container.ts';
import type { Evidence } from '../steps/step.ts';
import { forwardingNow } from './forwarding.ts';
import { lookInside } from './inside.ts';
import { rulesNow } from './rules.ts';

const nameOf = (links: readonly Link[], index: number) => links.find((link) => link.index === index)?.name ?? `if${index}`;
const showLink = (link: Link, links: readonly Link[]) =>
  [`${link.index}: ${link.name}`, link.kind, link.mac, `mtu ${link.mtu}`, link.master && `master ${nameOf(links, link.master)}`, link.up ? 'up' : 'down', link.up && !link.lowerUp && 'no carrier', link.alias && `(${link.alias})`].filter(Boolean).join(' ');

async function look(socket: NetlinkSocket, where: string, wanted: (link: Link) => boolean): Promise<Evidence[]> {
  const links = (await socket.dump(...dumpLinks)).map(linkOf);
  const chosen = new Set(links.filter(wanted).map(({ index }) => index));
  const addresses = (await socket.dump(...dumpAddresses)).map(addressOf).filter(({ index }) => chosen.has(index));
  const routes = (await socket.dump(...dumpRoutes)).map(routeOf).filter(({ table, oif }) => table === RT_TABLE_MAIN && chosen.has(oif));
  const neighbours = (await socket.dump(...dumpNeighbours)).map(neighbourOf).filter(({ index }) => chosen.has(index));
  const dev = (index: number) => `dev ${nameOf(links, index)}`;
  return [
    { title: `links, ${where}`, lines: links.filter(wanted).map((link) => showLink(link, links)) },
    { title: `addresses, ${where}`, lines: addresses.map(({ address, prefix, index }) => `${address}/${prefix} ${dev(index)}`) },
    { title: `routes, ${where}`, lines: routes.map(({ to, prefix, gateway, oif }) => `${prefix ? `${to}/${prefix}` : 'default'}${gateway ? ` via ${gateway}` : ''} ${dev(oif)}`) },
    { title: `neighbours, ${where}`, lines: neighbours.map(({ address, mac, state, index }) => `${address} ${mac || 'no answer'} ${state} ${dev(index)}`) },
  ];
}

/** The bridge and the container's end on it. */
export const hostEvidence = (k: Kernel, c: Container): Promise<Evidence[]> =>
  withNetlink(k, NETLINK_ROUTE, (socket) => look(socket, 'host', ({ name }) => name === c.settings.bridge || name === c.network.hostLink));

/** Through a socket of the stage, or, when the stage has become the user's process, through /proc/PID/net. */
export async function insideEvidence(k: Kernel, c: Container): Promise<Evidence[]> {
  try {
    return await lookInside(k, c, (socket) => look(socket, 'container', () => true));
  } catch {
    return fromProc(k, c);
  }
}

async function fromProc(k: Kernel, c: Container): Promise<Evidence[]> {
  const { pid } = c.live;
  if (pid === undefined) return [];
  const evidence = async (file: string): Promise<Evidence> => {
    const path = `/proc/${pid}/net/${file}`;
    const bytes = await tolerate(['ENOENT', 'ESRCH', 'EINVAL'], k.daemon.read_file(path, 32 * 1024));
    return { title: path, lines: (bytes?.toString() ?? 'the process is gone').trimEnd().split('\n') };
  };
  return Promise.all(['dev', 'route', 'fib_trie', 'arp'].map(evidence));
}

export async function ruleEvidence(k: Kernel, c: Container): Promise<Evidence[]> {
  return [{ title: `nf_tables table ip ${c.settings.bridge}`, lines: await rulesNow(k, c.settings.bridge) }];
}
export async function forwardingEvidence(k: Kernel, c: Container): Promise<Evidence[]> {
  return [...(await ruleEvidence(k, c)), { title: 'net.ipv4.ip_forward', lines: [(await forwardingNow(k)) ? '1' : '0'] }];
}
