/** Subnets of IPv6 addresses. */
import { isIPv6 } from 'node:net';
import { toNumber6, toText6 } from '../../kernel/netlink/ipv6-text.ts';
import type { Cidr } from './ipv4.ts';

const BITS = 128;
const size = (prefix: number) => 1n << BigInt(BITS - prefix);
export const base6 = ({ address, prefix }: Cidr): bigint => (toNumber6(address) / size(prefix)) * size(prefix);
export const top6 = (cidr: Cidr): bigint => base6(cidr) + size(cidr.prefix) - 1n;
export const contains6 = (cidr: Cidr, address: string): boolean =>
  toNumber6(address) >= base6(cidr) && toNumber6(address) <= top6(cidr);
export const overlap6 = (a: Cidr, b: Cidr): boolean => base6(a) <= top6(b) && base6(b) <= top6(a);

/** A zone (fe80::1%eth0) is no part of an address of a network. */
export const isAddress6 = (text: string): boolean => isIPv6(text) && !text.includes('%');

/** Parses 'fd00:5::/64'; undefined when the text is not valid. */
export function parseCidr6(text: string): Cidr | undefined {
  const [, address, prefix] = /^([0-9a-fA-F:.]+)\/(\d{1,3})$/.exec(text) ?? [];
  if (!address || !isAddress6(address) || Number(prefix) > BITS) return undefined;
  return { address: toText6(toNumber6(address)), prefix: Number(prefix) };
}
