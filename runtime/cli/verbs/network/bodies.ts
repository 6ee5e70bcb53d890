/** Flags of `network create` and `network connect` → the bodies of their requests. */
import { isIPv4 } from 'node:net';
import { misuse } from '../../failure/failure.ts';

export interface CreateFlags {
  driver?: string;
  subnet?: string[];
  gateway?: string[];
  ipRange?: string[];
  auxAddress?: string[];
  opt?: string[];
  label?: string[];
  internal?: boolean;
  attachable?: boolean;
  ipv4?: boolean;
  ipv6?: boolean;
}
export interface ConnectFlags {
  ip?: string;
  alias?: string[];
  link?: string[];
  driverOpt?: string[];
  gwPriority?: string;
}

/** ['a=1', 'b'] → { a: '1', b: '' } */
const pairs = (given: readonly string[] = []): Record<string, string> =>
  Object.fromEntries(
    given.map((text) => {
      const at = text.indexOf('=');
      return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
    }),
  );

/** A subnet's other flags are given in the same order as the subnets, as far as there are any. */
function pools({ subnet = [], gateway = [], ipRange = [], auxAddress }: CreateFlags): object[] {
  if (!subnet.length && (gateway.length || ipRange.length || auxAddress))
    throw misuse('every ip-range or gateway or aux-address must have a corresponding subnet');
  return subnet.map((Subnet, j) => ({
    Subnet,
    ...(gateway[j] && { Gateway: gateway[j] }),
    ...(ipRange[j] && { IPRange: ipRange[j] }),
    ...(j === 0 && auxAddress && { AuxiliaryAddresses: pairs(auxAddress) }),
  }));
}

export const bodyOfCreate = (name: string, flags: CreateFlags): object => ({
  Name: name,
  Driver: flags.driver ?? 'bridge',
  Internal: flags.internal ?? false,
  Attachable: flags.attachable ?? false,
  EnableIPv4: flags.ipv4 ?? true,
  EnableIPv6: flags.ipv6 ?? false,
  IPAM: { Driver: 'default', Config: pools(flags) },
  Options: pairs(flags.opt),
  Labels: pairs(flags.label),
});

export function bodyOfConnect(container: string, { ip, alias, link, driverOpt, gwPriority }: ConnectFlags): object {
  if (ip !== undefined && !isIPv4(ip))
    throw misuse(`invalid argument ${JSON.stringify(ip)} for "--ip": give an IPv4 address`);
  if (gwPriority !== undefined && !/^-?\d{1,9}$/.test(gwPriority))
    throw misuse(`invalid argument ${JSON.stringify(gwPriority)} for "--gw-priority": give a whole number`);
  return {
    Container: container,
    EndpointConfig: {
      ...(ip && { IPAMConfig: { IPv4Address: ip } }),
      ...(alias && { Aliases: alias }),
      ...(link && { Links: link }),
      ...(driverOpt && { DriverOpts: pairs(driverOpt) }),
      ...(gwPriority && { GwPriority: Number(gwPriority) }),
    },
  };
}
