/** The files of /proc/PID/net. They show the network namespace of that process to every reader: proc_pid_net(5). */
import type { Link } from '../../kernel/netlink/route/link.ts';
import type { Neighbour } from '../../kernel/netlink/route/neighbour.ts';
import { RT_TABLE_MAIN, type Route } from '../../kernel/netlink/route/route.ts';

const rows = (text: string, headings: number) =>
  text
    .split('\n')
    .slice(headings)
    .filter(Boolean)
    .map((line) => line.trim().split(/\s+/));
const indexOf = (links: readonly Link[], name: string | undefined) =>
  links.find((link) => link.name === name)?.index ?? 0;
/** '0100A8C0' is 192.168.0.1: the four bytes as one number in the machine's byte order */
const address = (hex = '') => [...Buffer.from(hex, 'hex')].reverse().join('.');
const bits = (hex = '') => parseInt(hex, 16).toString(2).replaceAll('0', '').length;

/**
 * dev: names only. The indices are counted, because a namespace numbers its links in the order in which it got them.
 */
export const linksOf = (text: string): Link[] =>
  rows(text, 2).map(([name = ''], j) => ({
    index: j + 1,
    name: name.replace(/:.*/, ''),
    up: true,
    lowerUp: true,
    mtu: 0,
    mac: '',
    kind: '',
    master: 0,
    alias: '',
  }));

/** route: Iface Destination Gateway Flags RefCnt Use Metric Mask … */
export const routesOf = (text: string, links: readonly Link[]): Route[] =>
  rows(text, 1).map(([name, destination, gateway, , , , metric, mask]) => ({
    to: address(destination),
    prefix: bits(mask),
    ...(gateway !== '00000000' && { gateway: address(gateway) }),
    oif: indexOf(links, name),
    table: RT_TABLE_MAIN,
    metric: Number(metric),
  }));

/** arp: IP address, HW type, Flags, HW address, Mask, Device */
export const neighboursOf = (text: string, links: readonly Link[]): Neighbour[] =>
  rows(text, 1).map(([ip = '', , flags, mac = '', , name]) => ({
    index: indexOf(links, name),
    address: ip,
    mac,
    state: Number(flags) ? 'complete' : 'incomplete',
  }));
