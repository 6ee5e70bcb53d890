/** RTM_NEWADDR, RTM_DELADDR, RTM_GETADDR: rtnetlink(7), linux/if_addr.h. */
import { at, type Schema } from '../attribute.ts';
import { i32, ip, text, u32, u8 } from '../codecs.ts';
import { NLM_F, type Decoded, type Kind, type Request } from '../message.ts';
import { member, struct } from '../struct.ts';

export const AF_INET = 2;
export const AF_INET6 = 10;
/** No duplicate address detection, which would take a second: linux/if_addr.h, ipv6(7). */
const IFA_F_NODAD = 2;

/** struct ifaddrmsg */
const ifaddrmsg = struct(
  member('family', 1, u8),
  member('prefixlen', 1, u8),
  member('flags', 1, u8),
  member('scope', 1, u8),
  member('index', 4, u32),
);
const address: Schema = {
  address: at(1, ip),
  local: at(2, ip),
  label: at(3, text),
  broadcast: at(4, ip),
  target_netnsid: at(10, i32),
};

const kind = (type: number, name: string): Kind => ({ type, name, header: ifaddrmsg, attributes: address });
const RTM_NEWADDR = kind(20, 'RTM_NEWADDR');
const RTM_GETADDR = kind(22, 'RTM_GETADDR');
export const addressKinds = [RTM_NEWADDR, kind(21, 'RTM_DELADDR'), RTM_GETADDR];

/** An address: `address` '172.30.0.2' or 'fd00::2', `prefix` 16, `index` of its link. */
export interface Address {
  index: number;
  address: string;
  prefix: number;
}

export function addressOf({ header, attributes }: Decoded): Address {
  // on a point-to-point link `address` is that of the other end, `local` that of this end
  return {
    index: Number(header['index']),
    address: String(attributes['local'] ?? attributes['address'] ?? ''),
    prefix: Number(header['prefixlen']),
  };
}

/** Adds an address. EEXIST when the link has it already. */
export const newAddress = ({ index, address: local, prefix }: Address, broadcast: string): Request => ({
  kind: RTM_NEWADDR,
  flags: NLM_F.NLM_F_CREATE | NLM_F.NLM_F_EXCL,
  header: { family: AF_INET, prefixlen: prefix, index },
  attributes: { local, address: local, broadcast },
});
/** Adds an IPv6 address that can be used at once, because IPAM gives it to one container only. */
export const newAddress6 = ({ index, address, prefix }: Address): Request => ({
  kind: RTM_NEWADDR,
  flags: NLM_F.NLM_F_CREATE | NLM_F.NLM_F_EXCL,
  header: { family: AF_INET6, prefixlen: prefix, flags: IFA_F_NODAD, index },
  attributes: { local: address, address },
});
export const dumpAddresses: [Request, Kind] = [{ kind: RTM_GETADDR, header: { family: AF_INET } }, RTM_NEWADDR];
export const dumpAddresses6: [Request, Kind] = [{ kind: RTM_GETADDR, header: { family: AF_INET6 } }, RTM_NEWADDR];
/** The addresses of another network namespace. The socket must be strict(). */
export const dumpAddressesIn = (target_netnsid: number): [Request, Kind] => [
  { kind: RTM_GETADDR, header: { family: AF_INET }, attributes: { target_netnsid } },
  RTM_NEWADDR,
];
