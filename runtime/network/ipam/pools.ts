/**
 * Chooses and checks the subnets of a network: the requested ones, or the first of the default pools that nothing on
 * this host uses. The words are dockerd's.
 */
import { badParameter, ApiError } from '../../errors/api-error.ts';
import { base, contains, isIpv4, networkAddress, overlap, parseCidr, toText, type Cidr } from './ipv4.ts';

/** The Engine API's IPAMConfig: a subnet and what is reserved in it. */
export interface Pool {
  /** '172.18.0.0/16' */
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
export const textOf = (cidr: Cidr): string => `${networkAddress(cidr)}/${cidr.prefix}`;

/** The faults of one requested pool, in dockerd's words. */
function faultsOf({ Subnet, IPRange, Gateway, AuxiliaryAddresses }: Pool): string[] {
  const subnet = parseCidr(Subnet);
  if (!subnet) return [`invalid subnet ${Subnet}: invalid CIDR block notation`];
  const faults: string[] = [];
  if (networkAddress(subnet) !== subnet.address)
    faults.push(`invalid subnet ${Subnet}: it should be ${textOf(subnet)}`);
  if (IPRange) {
    const range = parseCidr(IPRange);
    const of = `invalid ip-range ${IPRange}`;
    if (!range) faults.push(`${of}: invalid CIDR block notation`);
    else if (range.prefix < subnet.prefix)
      faults.push(`${of}: CIDR block is bigger than its parent subnet ${textOf(subnet)}`);
    else {
      if (networkAddress(range) !== range.address) faults.push(`${of}: it should be ${textOf(range)}`);
      if (!overlap(range, subnet)) faults.push(`${of}: parent subnet ${textOf(subnet)} doesn't contain ip-range`);
    }
  }
  const check = (address: string, what: string) => {
    if (!isIpv4(address)) faults.push(`${what}: invalid address`);
    else if (!contains(subnet, address))
      faults.push(`${what}: parent subnet ${textOf(subnet)} doesn't contain this address`);
  };
  if (Gateway) check(Gateway, `invalid gateway ${Gateway}`);
  for (const [name, address] of Object.entries(AuxiliaryAddresses ?? {}))
    check(address, `invalid auxiliary address ${name}`);
  return faults;
}

/** Throws ApiError 400 `invalid network config:\n…` with a line for each fault. */
export function checkPools(pools: readonly Pool[]): void {
  const faults = pools.flatMap(faultsOf);
  if (faults.length) throw badParameter(`invalid network config:\n${faults.join('\n')}`);
  if (pools.length > 1) throw new ApiError(403, "bridge driver doesn't support multiple subnets");
  for (const { Subnet } of pools)
    if (parseCidr(Subnet)!.prefix > 30)
      throw badParameter(`invalid network config:\ninvalid subnet ${Subnet}: no room for a gateway and a container`);
}

/** The lowest address of the subnet that is not reserved. */
function gatewayOf({ Subnet, AuxiliaryAddresses = {} }: Pool): string {
  const first = base(parseCidr(Subnet)!) + 1;
  const reserved = new Set(Object.values(AuxiliaryAddresses));
  for (let number = first; ; number++) if (!reserved.has(toText(number))) return toText(number);
}

/**
 * The pools of a new network, each with its gateway. `networks`: the subnets of Drydock's other networks; `host`: the
 * addresses and routes of the host. A requested subnet may lie in a route of the host, as with dockerd. Throws ApiError
 * 403 where it overlaps another network, 400 when no default pool is free.
 */
export function choosePools(asked: readonly Pool[], networks: readonly Cidr[], host: readonly Cidr[]): Pool[] {
  if (!asked.length) return [freePool([...networks, ...host.filter(({ prefix }) => prefix >= LARGEST_NETWORK)])];
  for (const { Subnet } of asked)
    if (networks.some((other) => overlap(other, parseCidr(Subnet)!)))
      throw new ApiError(403, 'invalid pool request: Pool overlaps with other one on this address space');
  return asked.map((pool) => (pool.Gateway ? pool : { ...pool, Gateway: gatewayOf(pool), assigned: true }));
}

function freePool(taken: readonly Cidr[]): Pool {
  const free = defaultPools.find((pool) => !taken.some((other) => overlap(pool, other)));
  if (!free) throw badParameter('all predefined address pools have been fully subnetted');
  const pool = { Subnet: textOf(free) };
  return { ...pool, Gateway: gatewayOf(pool) };
}
