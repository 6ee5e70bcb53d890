/** RTM_NEWNEIGH, RTM_DELNEIGH, RTM_GETNEIGH, the caches of ARP and NDP: rtnetlink(7), linux/neighbour.h. */
import { flags } from '../../../syscalls/syscalls.ts';
import { at, type Schema } from '../attribute.ts';
import { i32, ip, mac, shown, u16, u8 } from '../codecs.ts';
import { NLM_F, type Decoded, type Kind, type Request } from '../message.ts';
import { member, struct } from '../struct.ts';
import { AF_INET, AF_INET6 } from './address.ts';

const NUD = {
  NUD_INCOMPLETE: 1,
  NUD_REACHABLE: 2,
  NUD_STALE: 4,
  NUD_DELAY: 8,
  NUD_PROBE: 16,
  NUD_FAILED: 32,
  NUD_NOARP: 64,
  NUD_PERMANENT: 128,
} as const;
const nud = flags(NUD);

/** struct ndmsg */
const ndmsg = struct(
  member('family', 1, u8),
  member('pad1', 1, u8),
  member('pad2', 2, u16),
  member('index', 4, i32),
  member('state', 2, shown(u16, nud)),
  member('flags', 1, u8),
  member('type', 1, u8),
);
const neighbour: Schema = { dst: at(1, ip), lladdr: at(2, mac) };

const kind = (type: number, name: string): Kind => ({ type, name, header: ndmsg, attributes: neighbour });
const RTM_NEWNEIGH = kind(28, 'RTM_NEWNEIGH');
const RTM_GETNEIGH = kind(30, 'RTM_GETNEIGH');
export const neighbourKinds = [RTM_NEWNEIGH, kind(29, 'RTM_DELNEIGH'), RTM_GETNEIGH];

export interface Neighbour {
  index: number;
  address: string;
  mac: string;
  state: string;
}
export const neighbourOf = ({ header, attributes }: Decoded): Neighbour => ({
  index: Number(header['index']),
  address: String(attributes['dst'] ?? ''),
  mac: String(attributes['lladdr'] ?? ''),
  state: nud(Number(header['state'])),
});
/** A permanent entry, so that no ARP request is sent for the address. */
export const newNeighbour = (index: number, address: string, lladdr: string): Request => ({
  kind: RTM_NEWNEIGH,
  flags: NLM_F.NLM_F_CREATE | NLM_F.NLM_F_REPLACE,
  header: { family: AF_INET, index, state: NUD.NUD_PERMANENT },
  attributes: { dst: address, lladdr },
});
export const dumpNeighbours: [Request, Kind] = [{ kind: RTM_GETNEIGH, header: { family: AF_INET } }, RTM_NEWNEIGH];
export const dumpNeighbours6: [Request, Kind] = [{ kind: RTM_GETNEIGH, header: { family: AF_INET6 } }, RTM_NEWNEIGH];
