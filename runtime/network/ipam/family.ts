/** The arithmetic of both address families: IPv4 (ipv4.ts) and IPv6 (ipv6.ts), told apart by the colon. */
import { createHash } from 'node:crypto';
import { toNumber6, toText6 } from '../../kernel/netlink/ipv6-text.ts';
import { base, contains, isIpv4, macOf4, overlap, parseCidr, toText, top, type Cidr } from './ipv4.ts';
import { base6, contains6, isAddress6, overlap6, parseCidr6, top6 } from './ipv6.ts';

export const isSix = (address: string): boolean => address.includes(':');
/** '172.18.0.0/16' or 'fd00:5::/64'; undefined when the text is not valid. */
export const parseSubnet = (text: string): Cidr | undefined => parseCidr(text) ?? parseCidr6(text);
export const isAddress = (text: string): boolean => isIpv4(text) || isAddress6(text);
/** The one text of an address that has several, as 'FD00:0::2' and 'fd00::2'. Call it for valid addresses only. */
export const canonical = (address: string): string => (isSix(address) ? toText6(toNumber6(address)) : address);

const alike = (a: string, b: string) => isSix(a) === isSix(b);
/** False for subnets of different families. */
export const overlaps = (a: Cidr, b: Cidr): boolean =>
  alike(a.address, b.address) && (isSix(a.address) ? overlap6(a, b) : overlap(a, b));
export const holds = (cidr: Cidr, address: string): boolean =>
  alike(cidr.address, address) && (isSix(address) ? contains6(cidr, address) : contains(cidr, address));

/** The lowest and the highest address as numbers. */
export const lowest = (cidr: Cidr): bigint => (isSix(cidr.address) ? base6(cidr) : BigInt(base(cidr)));
export const highest = (cidr: Cidr): bigint => (isSix(cidr.address) ? top6(cidr) : BigInt(top(cidr)));
/** A number as an address of the family of `like`. */
export const addressLike = (like: Cidr, number: bigint): string =>
  isSix(like.address) ? toText6(number) : toText(Number(number));
export const networkOf = (cidr: Cidr): string => addressLike(cidr, lowest(cidr));
/** '255.255.0.0', 'ffff:ffff:ffff:ffff::' */
export const maskOf = ({ address, prefix }: Cidr): string => {
  const bits = isSix(address) ? 128n : 32n;
  return addressLike({ address, prefix }, ((1n << BigInt(prefix)) - 1n) << (bits - BigInt(prefix)));
};
/**
 * A hardware address made from an address: of IPv4 as docker did, 02:42 and the four bytes. 16 bytes do not fit, so of
 * IPv6 it is a hash. Both are locally administered.
 */
export function macOf(address: string): string {
  if (!isSix(address)) return macOf4(address);
  const hash = createHash('sha256').update(canonical(address)).digest('hex');
  return `02:${hash.slice(0, 10).match(/../g)!.join(':')}`;
}
/** IPv4 has a broadcast address, which no container can have; the first address of a subnet is reserved in both. */
export const unusable = (cidr: Cidr): string[] =>
  (isSix(cidr.address) ? [lowest(cidr)] : [lowest(cidr), highest(cidr)]).map((number) => addressLike(cidr, number));
