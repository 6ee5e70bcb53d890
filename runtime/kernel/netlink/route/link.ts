/** RTM_NEWLINK, RTM_DELLINK, RTM_GETLINK: rtnetlink(7), linux/if_link.h, linux/veth.h. */
import { flags } from '../../../syscalls/syscalls.ts';
import { at, type Fields, type Schema } from '../attribute.ts';
import { bytes, i32, mac, nested, nestedAfter, shown, text, u16, u32, u8 } from '../codecs.ts';
import { countersIn, type Counters } from './counters.ts';
import { NLM_F, type Decoded, type Kind, type Request } from '../message.ts';
import { member, struct } from '../struct.ts';

export const IFF = {
  IFF_UP: 1,
  IFF_BROADCAST: 2,
  IFF_LOOPBACK: 8,
  IFF_RUNNING: 0x40,
  IFF_NOARP: 0x80,
  IFF_PROMISC: 0x100,
  IFF_MULTICAST: 0x1000,
  IFF_LOWER_UP: 0x10000,
} as const;
const iff = shown(u32, flags(IFF));

/** struct ifinfomsg */
const ifinfomsg = struct(
  member('family', 1, u8),
  member('pad', 1, u8),
  member('type', 2, u16),
  member('index', 4, i32),
  member('flags', 4, iff),
  member('change', 4, iff),
);

/** VETH_INFO_PEER, the other end of the pair: struct ifinfomsg, then the attributes of a link. */
const veth: Schema = {
  peer: at(
    1,
    nestedAfter(ifinfomsg.size, () => link),
  ),
};
const dataByKind = new Map<string, Schema>([
  ['veth', veth],
  ['bridge', {}],
  ['dummy', {}],
  ['vlan', { id: at(1, u16) }],
  ['macvlan', { mode: at(1, u32), flags: at(2, u16) }],
  ['ipvlan', { mode: at(1, u16), flags: at(2, u16) }],
]);
/** IFLA_BRPORT_…: what a bridge does with the frames of one of its ports */
const bridgePort: Schema = { mode: at(4, u8), isolated: at(33, u8) };
const linkinfo: Schema = {
  kind: at(1, text),
  data: at(2, ({ kind }) => {
    const schema = dataByKind.get(String(kind));
    return schema ? nested(() => schema) : bytes;
  }),
  slave_kind: at(4, text),
  slave_data: at(5, ({ slave_kind }) => (slave_kind === 'bridge' ? nested(() => bridgePort) : bytes)),
};
const link: Schema = {
  address: at(1, mac),
  broadcast: at(2, mac),
  ifname: at(3, text),
  mtu: at(4, u32),
  link: at(5, u32),
  master: at(10, u32),
  operstate: at(16, u8),
  linkinfo: at(
    18,
    nested(() => linkinfo),
  ),
  net_ns_pid: at(19, u32),
  ifalias: at(20, text),
  stats64: at(23, bytes),
  net_ns_fd: at(28, u32),
  link_netnsid: at(37, i32),
  target_netnsid: at(46, i32),
};
const kind = (type: number, name: string): Kind => ({ type, name, header: ifinfomsg, attributes: link });
const RTM_NEWLINK = kind(16, 'RTM_NEWLINK');
const RTM_DELLINK = kind(17, 'RTM_DELLINK');
const RTM_GETLINK = kind(18, 'RTM_GETLINK');
export const linkKinds = [RTM_NEWLINK, RTM_DELLINK, RTM_GETLINK];

/** `peerNetns`: the host's id (netnsid) of the namespace that holds the other end of a pair. */
export interface Link {
  index: number;
  name: string;
  up: boolean;
  lowerUp: boolean;
  mtu: number;
  mac: string;
  kind: string;
  master: number;
  alias: string;
  peerNetns?: number;
  counters?: Counters;
}

const word = (value: unknown) => (typeof value === 'string' ? value : '');
export function linkOf({ header, attributes }: Decoded): Link {
  const info = attributes['linkinfo'] as Fields | undefined;
  const on = Number(header['flags']);
  return {
    index: Number(header['index']),
    name: word(attributes['ifname']),
    up: (on & IFF.IFF_UP) !== 0,
    lowerUp: (on & IFF.IFF_LOWER_UP) !== 0,
    mtu: Number(attributes['mtu'] ?? 0),
    mac: word(attributes['address']),
    kind: word(info?.['kind']),
    master: Number(attributes['master'] ?? 0),
    alias: word(attributes['ifalias']),
    ...(Buffer.isBuffer(attributes['stats64']) && { counters: countersIn(attributes['stats64']) }),
    ...(typeof attributes['link_netnsid'] === 'number' && { peerNetns: attributes['link_netnsid'] }),
  };
}

/** Makes a link. EEXIST when the name is taken. */
export const newLink = (attributes: Fields): Request => ({
  kind: RTM_NEWLINK,
  flags: NLM_F.NLM_F_CREATE | NLM_F.NLM_F_EXCL,
  attributes,
});
/** Changes a link, found by index or by name. */
export const setLink = (which: number | string, attributes: Fields, up?: boolean): Request => ({
  kind: RTM_NEWLINK,
  header: {
    ...(typeof which === 'number' && { index: which }),
    ...(up !== undefined && { flags: up ? IFF.IFF_UP : 0, change: IFF.IFF_UP }),
  },
  attributes: { ...(typeof which === 'string' && { ifname: which }), ...attributes },
});
/** A port of a bridge that may send a frame back to where it came from. */
export const hairpinPort = (name: string): Request =>
  setLink(name, { linkinfo: { slave_kind: 'bridge', slave_data: { mode: 1 } } });
/** Frames from an isolated port reach no other isolated port, but the host and ports that are not. */
export const isolatePort = (name: string): Request =>
  setLink(name, { linkinfo: { slave_kind: 'bridge', slave_data: { isolated: 1 } } });
export const deleteLink = (name: string): Request => ({ kind: RTM_DELLINK, attributes: { ifname: name } });
export const getLink = (which: number | string): [Request, Kind] => [
  typeof which === 'number'
    ? { kind: RTM_GETLINK, header: { index: which } }
    : { kind: RTM_GETLINK, attributes: { ifname: which } },
  RTM_NEWLINK,
];
export const dumpLinks: [Request, Kind] = [{ kind: RTM_GETLINK }, RTM_NEWLINK];
/** The links of another network namespace, by the daemon's netnsid for it. */
export const dumpLinksIn = (target_netnsid: number): [Request, Kind] => [
  { kind: RTM_GETLINK, attributes: { target_netnsid } },
  RTM_NEWLINK,
];
