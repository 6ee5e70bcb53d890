/** Arithmetic with IPv4 addresses: the text '172.30.0.2' ↔ a number below 2^32. */

export interface Cidr {
  address: string;
  prefix: number;
}

export const toNumber = (address: string): number =>
  address.split('.').reduce((sum, byte) => sum * 256 + Number(byte), 0);
export const toText = (number: number): string => [24, 16, 8, 0].map((shift) => (number >>> shift) & 255).join('.');

const size = (prefix: number) => 2 ** (32 - prefix);
export const netmask = (prefix: number): string => toText(2 ** 32 - size(prefix));
/** The lowest address of the subnet, as a number. */
export const base = ({ address, prefix }: Cidr): number => Math.floor(toNumber(address) / size(prefix)) * size(prefix);
export const top = (cidr: Cidr): number => base(cidr) + size(cidr.prefix) - 1;
export const broadcast = (cidr: Cidr): string => toText(top(cidr));
export const networkAddress = (cidr: Cidr): string => toText(base(cidr));
export const contains = (cidr: Cidr, address: string): boolean =>
  toNumber(address) >= base(cidr) && toNumber(address) <= top(cidr);
export const overlap = (a: Cidr, b: Cidr): boolean => base(a) <= top(b) && base(b) <= top(a);

/** Parses '172.30.0.1/16'; undefined when the text is not valid. */
export function parseCidr(text: string): Cidr | undefined {
  const [, address, prefix] = /^(\d{1,3}(?:\.\d{1,3}){3})\/(\d{1,2})$/.exec(text) ?? [];
  if (!address || !isIpv4(address) || Number(prefix) > 32) return undefined;
  return { address, prefix: Number(prefix) };
}
export const isIpv4 = (text: string): boolean =>
  /^(\d{1,3}\.){3}\d{1,3}$/.test(text) &&
  text.split('.').every((byte) => Number(byte) < 256 && String(Number(byte)) === byte);

/**
 * A hardware address made from the IPv4 address, as in docker. It is locally administered, and unique on a bridge
 * because the IPv4 address is.
 */
export const macOf4 = (address: string): string =>
  `02:42:${address
    .split('.')
    .map((byte) => Number(byte).toString(16).padStart(2, '0'))
    .join(':')}`;
