/** RTM_NEWROUTE, RTM_DELROUTE, RTM_GETROUTE: rtnetlink(7), linux/rtnetlink.h. */
import { at, type Schema } from '../attribute.ts';
import { ip, u32, u8 } from '../codecs.ts';
import { NLM_F, type Decoded, type Kind, type Request } from '../message.ts';
import { member, struct } from '../struct.ts';
import { AF_INET, AF_INET6 } from './address.ts';

export const RT_TABLE_MAIN = 254;
const RTPROT_BOOT = 3;
const RTN_UNICAST = 1;
const RTN_LOCAL = 2;

/** struct rtmsg */
const rtmsg = struct(
  member('family', 1, u8),
  member('dst_len', 1, u8),
  member('src_len', 1, u8),
  member('tos', 1, u8),
  member('table', 1, u8),
  member('protocol', 1, u8),
  member('scope', 1, u8),
  member('type', 1, u8),
  member('flags', 4, u32),
);
const route: Schema = {
  dst: at(1, ip),
  src: at(2, ip),
  iif: at(3, u32),
  oif: at(4, u32),
  gateway: at(5, ip),
  priority: at(6, u32),
  prefsrc: at(7, ip),
  table: at(15, u32),
};

const kind = (type: number, name: string): Kind => ({ type, name, header: rtmsg, attributes: route });
const RTM_NEWROUTE = kind(24, 'RTM_NEWROUTE');
const RTM_GETROUTE = kind(26, 'RTM_GETROUTE');
export const routeKinds = [RTM_NEWROUTE, kind(25, 'RTM_DELROUTE'), RTM_GETROUTE];

/** `to` '0.0.0.0' or '::' with prefix 0 is the default route. `oif`: the index of the outgoing link. */
export interface Route {
  to: string;
  prefix: number;
  gateway?: string;
  oif: number;
  table: number;
  metric: number;
}

export function routeOf({ header, attributes }: Decoded): Route {
  const { gateway } = attributes;
  return {
    to: String(attributes['dst'] ?? (header['family'] === AF_INET6 ? '::' : '0.0.0.0')),
    prefix: Number(header['dst_len']),
    ...(typeof gateway === 'string' && { gateway }),
    oif: Number(attributes['oif'] ?? 0),
    table: Number(attributes['table'] ?? header['table']),
    metric: Number(attributes['priority'] ?? 0),
  };
}

/**
 * A default route: packets that no other route matches go to `gateway`. With `replace` it takes the place of the one
 * that is there.
 */
export const newDefaultRoute = (gateway: string, oif: number, { replace = false } = {}): Request => ({
  kind: RTM_NEWROUTE,
  flags: NLM_F.NLM_F_CREATE | (replace ? NLM_F.NLM_F_REPLACE : NLM_F.NLM_F_EXCL),
  header: {
    family: gateway.includes(':') ? AF_INET6 : AF_INET,
    table: RT_TABLE_MAIN,
    protocol: RTPROT_BOOT,
    type: RTN_UNICAST,
  },
  attributes: { gateway, oif },
});
export const dumpRoutes: [Request, Kind] = [{ kind: RTM_GETROUTE, header: { family: AF_INET } }, RTM_NEWROUTE];
export const dumpRoutes6: [Request, Kind] = [{ kind: RTM_GETROUTE, header: { family: AF_INET6 } }, RTM_NEWROUTE];

/** Asks which way a packet to this address takes, as `ip route get` does. ENETUNREACH when there is none. */
export const getRoute = (dst: string): [Request, Kind] => [
  {
    kind: RTM_GETROUTE,
    header: dst.includes(':') ? { family: AF_INET6, dst_len: 128 } : { family: AF_INET, dst_len: 32 },
    attributes: { dst },
  },
  RTM_NEWROUTE,
];

/** The way of a packet. `source`: the address that it gets; `local`: its destination belongs to this namespace. */
export interface Way {
  oif: number;
  source: string;
  gateway?: string;
  local: boolean;
}
export function wayOf({ header, attributes }: Decoded): Way {
  const { gateway } = attributes;
  return {
    oif: Number(attributes['oif'] ?? 0),
    source: String(attributes['prefsrc'] ?? ''),
    ...(typeof gateway === 'string' && { gateway }),
    local: header['type'] === RTN_LOCAL,
  };
}
