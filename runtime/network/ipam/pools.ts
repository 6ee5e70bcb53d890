/**
 * Chooses and checks the subnets of a network: the requested ones, or the first of the default pools that nothing on
 * this host uses. The words are dockerd's.
 */
import { randomBytes } from 'node:crypto';
import { badParameter, ApiError } from '../../errors/api-error.ts';
import {
  addressLike,
  canonical,
  holds,
  isAddress,
  isSix,
  lowest,
  networkOf,
  overlaps,
  parseSubnet,
  unusable,
} from './family.ts';
import { type Cidr } from './ipv4.ts';

/** The Engine API's IPAMConfig: a subnet and what is reserved in it. */
export interface Pool {
  /** '172.18.0.0/16' or 'fd00:5::/64' */
  Subnet: string;
  IPRange?: string;
  Gateway?: string;
  AuxiliaryAddresses?: Record<string, string>;
  /** the subnet was requested without a gateway, so clients are not shown the one that was chosen, as with dockerd */
  assigned?: boolean;
}

/** dockerd's default pools: 172.17.0.0/16 … 172.31.0.0/16, and 192.168.0.0/16 in pieces of /20. */
export const defaultPools: readonly Cidr[] = [
  ...Array.from({ length: 15 }, (_, j) => ({ address: `172.${17 + j}.0.0`, prefix: 16 })),
  ...Array.from({ length: 16 }, (_, j) => ({ address: `192.168.${16 * j}.0`, prefix: 20 })),
];

/** Routes with a shorter prefix are those of VPNs, which replace the default route by halves or quarters of it. */
const LARGEST_NETWORK = 8;
export const textOf = (cidr: Cidr): string => `${networkOf(cidr)}/${cidr.prefix}`;

/** The faults of one requested pool, in dockerd's words. */
function faultsOf({ Subnet, IPRange, Gateway, AuxiliaryAddresses }: Pool): string[] {
  const subnet = parseSubnet(Subnet);
  if (!subnet) return [`invalid subnet ${Subnet}: invalid CIDR block notation`];
  const faults: string[] = [];
  if (networkOf(subnet) !== subnet.address) faults.push(`invalid subnet ${Subnet}: it should be ${textOf(subnet)}`);
  if (IPRange) {
    const range = parseSubnet(IPRange);
    const of = `invalid ip-range ${IPRange}`;
    if (!range) faults.push(`${of}: invalid CIDR block notation`);
    else if (range.prefix < subnet.prefix)
      faults.push(`${of}: CIDR block is bigger than its parent subnet ${textOf(subnet)}`);
    else {
      if (networkOf(range) !== range.address) faults.push(`${of}: it should be ${textOf(range)}`);
      if (!overlaps(range, subnet)) faults.push(`${of}: parent subnet ${textOf(subnet)} doesn't contain ip-range`);
    }
  }
  const check = (address: string, what: string) => {
    if (!isAddress(address)) faults.push(`${what}: invalid address`);
    else if (!holds(subnet, address))
      faults.push(`${what}: parent subnet ${textOf(subnet)} doesn't contain this address`);
  };
  if (Gateway) check(Gateway, `invalid gateway ${Gateway}`);
  for (const [name, address] of Object.entries(AuxiliaryAddresses ?? {}))
    check(address, `invalid auxiliary address ${name}`);
  return faults;
}

/** The addresses that are requested of one pool, each of which only one may have. Throws ApiError 500, as dockerd. */
function checkReserved({ Subnet, Gateway, AuxiliaryAddresses = {} }: Pool): void {
  const taken = new Set(unusable(parseSubnet(Subnet)!));
  const asked = [
    ...(Gateway ? [['gateway', Gateway, Gateway]] : []),
    ...Object.entries(AuxiliaryAddresses).map(([name, one]) => ['secondary ip address', one, `${name}:${one}`]),
  ] as [string, string, string][];
  for (const [what, address, shown] of asked) {
    const one = canonical(address);
    if (taken.has(one)) throw new ApiError(500, `failed to allocate ${what} (${shown}): Address already in use`);
    taken.add(one);
  }
}

/** Throws ApiError 400 `invalid network config:\n…` with a line for each fault. */
export function checkPools(pools: readonly Pool[], driver = 'bridge'): void {
  const faults = pools.flatMap(faultsOf);
  if (faults.length) throw badParameter(`invalid network config:\n${faults.join('\n')}`);
  const six = pools.filter(({ Subnet }) => isSix(Subnet)).length;
  if (driver === 'bridge' && (six > 1 || pools.length - six > 1))
    throw new ApiError(403, `${driver} driver doesn't support multiple subnets`);
  for (const { Subnet } of pools)
    if (parseSubnet(Subnet)!.prefix > (isSix(Subnet) ? 126 : 30))
      throw badParameter(`invalid network config:\ninvalid subnet ${Subnet}: no room for a gateway and a container`);
  for (const pool of pools) checkReserved(pool);
}

/** The lowest address of the subnet that is not reserved. */
function gatewayOf({ Subnet, AuxiliaryAddresses = {} }: Pool): string {
  const subnet = parseSubnet(Subnet)!;
  const reserved = new Set(Object.values(AuxiliaryAddresses));
  for (let number = lowest(subnet) + 1n; ; number++) {
    const address = addressLike(subnet, number);
    if (!reserved.has(address)) return address;
  }
}

/**
 * The pools of a new network, each with its gateway. `networks`: the subnets of Drydock's other networks; `host`: the
 * addresses and routes of the host. A requested subnet may lie in a route of the host, as with dockerd. Throws ApiError
 * 403 where it overlaps another network, 400 when no default pool is free.
 */
export function choosePools(
  asked: readonly Pool[],
  networks: readonly Cidr[],
  host: readonly Cidr[],
  { ipv4 = true, ipv6 = false }: { ipv4?: boolean; ipv6?: boolean } = {},
): Pool[] {
  for (const { Subnet } of asked)
    if (networks.some((other) => overlaps(other, parseSubnet(Subnet)!)))
      throw new ApiError(403, 'invalid pool request: Pool overlaps with other one on this address space');
  const taken = [...networks, ...host.filter(({ prefix }) => prefix >= LARGEST_NETWORK)];
  const has = (six: boolean) => asked.some(({ Subnet }) => isSix(Subnet) === six);
  return [
    ...(ipv4 && !has(false) ? [freePool(taken)] : []),
    ...asked.map((pool) => (pool.Gateway ? pool : { ...pool, Gateway: gatewayOf(pool), assigned: true })),
    ...(ipv6 && !has(true) ? [freePool6(taken)] : []),
  ];
}

const ULA_PREFIX = 64;
/** fc00::/7 with the bit for addresses that are assigned locally: RFC 4193, section 3.1. */
const ULA = 0xfd;

/** A random unique local subnet, so that networks of different hosts that are joined later differ. */
function freePool6(taken: readonly Cidr[]): Pool {
  for (;;) {
    const bits = Buffer.concat([Buffer.from([ULA]), randomBytes(7), Buffer.alloc(8)]);
    const address = addressLike({ address: '::', prefix: ULA_PREFIX }, BigInt(`0x${bits.toString('hex')}`));
    const chosen = { address, prefix: ULA_PREFIX };
    const pool = { Subnet: textOf(chosen) };
    if (!taken.some((other) => overlaps(chosen, other))) return { ...pool, Gateway: gatewayOf(pool) };
  }
}

function freePool(taken: readonly Cidr[]): Pool {
  const free = defaultPools.find((pool) => !taken.some((other) => overlaps(pool, other)));
  if (!free) throw badParameter('all predefined address pools have been fully subnetted');
  const pool = { Subnet: textOf(free) };
  return { ...pool, Gateway: gatewayOf(pool) };
}
