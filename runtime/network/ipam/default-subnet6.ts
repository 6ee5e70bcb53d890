/** The IPv6 subnet of the default network: --fixed-cidr-v6 of the daemon, or a unique local one of this host. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { addressLike, lowest, parseSubnet } from './family.ts';
import type { Subnet } from './subnet.ts';

const ULA_PREFIX = 64;
/** fc00::/7 with the bit for addresses that are assigned locally: RFC 4193, section 3.1. */
const ULA = 0xfd;

/** machine-id(5); a host without one has at least a name. */
function machine(): string {
  try {
    return readFileSync('/etc/machine-id', 'latin1').trim();
  } catch {
    return hostname();
  }
}

/** Always the same for a host and a bridge, because containers that run keep their addresses when a daemon follows. */
function uniqueLocal(bridge: string): Subnet {
  const digest = createHash('sha256').update(`${machine()}\0${bridge}`).digest();
  const bits = Buffer.concat([Buffer.from([ULA]), digest.subarray(0, ULA_PREFIX / 8 - 1), Buffer.alloc(8)]);
  const network = BigInt(`0x${bits.toString('hex')}`);
  return { gateway: addressLike({ address: '::', prefix: ULA_PREFIX }, network + 1n), prefix: ULA_PREFIX };
}

/** The part of the daemon's settings that it comes from. */
interface Wanted {
  bridge: string;
  ipv6?: boolean;
  fixedCidrV6?: string;
}
/** Undefined without --ipv6. The gateway is the lowest address after the subnet's own, as with dockerd. */
export function defaultSubnet6({ bridge, ipv6, fixedCidrV6 }: Wanted): Subnet | undefined {
  if (!ipv6) return undefined;
  const cidr = fixedCidrV6 ? parseSubnet(fixedCidrV6) : undefined;
  return cidr ? { gateway: addressLike(cidr, lowest(cidr) + 1n), prefix: cidr.prefix } : uniqueLocal(bridge);
}
