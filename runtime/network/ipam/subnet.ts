/** Chooses the bridge's subnet: the one in the settings, or the first private /16 that the host does not use. */
import { badParameter, ApiError } from '../../errors/api-error.ts';
import { base, overlap, parseCidr, toText, top, type Cidr } from './ipv4.ts';

/** The gateway's address on the bridge, and the length of the subnet's prefix. */
export interface Subnet {
  gateway: string;
  prefix: number;
  /** addresses are leased from here only (--ip-range) */
  range?: Cidr;
  /** addresses that are not leased (--aux-address) */
  reserved?: readonly string[];
}

const CANDIDATES = [
  ...['172.30', '172.31'],
  ...Array.from({ length: 12 }, (_, j) => `10.${88 + j}`),
  ...Array.from({ length: 8 }, (_, j) => `172.${22 + j}`),
];

/**
 * A default route covers all addresses but uses none, and so do parts of it: a VPN takes all traffic by routes such as
 * 0.0.0.0/1 and 128.0.0.0/1 (or quarters, or eighths), which are preferred over the default route without replacing it.
 * No real network is that large: the largest one is 10.0.0.0/8.
 */
const LARGEST_NETWORK = 8;
const used = (taken: readonly Cidr[]) => taken.filter(({ prefix }) => prefix >= LARGEST_NETWORK);

/**
 * `bip` is the gateway's address and prefix. Throws ApiError 400 when it is invalid, 500 when every subnet is in use.
 */
export function chooseSubnet(bip: string | undefined, taken: readonly Cidr[]): Subnet {
  if (bip) return parseBip(bip);
  for (const candidate of CANDIDATES) {
    const cidr = { address: `${candidate}.0.0`, prefix: 16 };
    if (!used(taken).some((other) => overlap(cidr, other))) return { gateway: `${candidate}.0.1`, prefix: 16 };
  }
  throw new ApiError(
    500,
    `none of ${CANDIDATES[0]}.0.0/16 … ${CANDIDATES.at(-1)}.0.0/16 is free on this host: name a subnet with --bip`,
  );
}

export function parseBip(bip: string): Subnet {
  const cidr = parseCidr(bip);
  if (!cidr || cidr.prefix < 8 || cidr.prefix > 30)
    throw badParameter(`bip ${JSON.stringify(bip)} is no address with a prefix of 8 to 30, as 172.30.0.1/16`);
  if ([base(cidr), top(cidr)].map(toText).includes(cidr.address)) {
    throw badParameter(
      `bip ${bip} names the subnet or its broadcast address, not a host in it; did you mean ${toText(base(cidr) + 1)}/${cidr.prefix}`,
    );
  }
  return { gateway: cidr.address, prefix: cidr.prefix };
}
