/** A network that a user made, as it is kept in `<root>/network/<id>/network.json`. */
import { driverNames, type DriverName } from '../endpoint.ts';
import type { Network, NetworkOptions, NetworkSettings } from '../driver.ts';
import { canonical, isSix, parseSubnet } from '../ipam/family.ts';
import { isIpv4 } from '../ipam/ipv4.ts';
import { linkData } from '../macvlan/modes.ts';
import type { Pool } from '../ipam/pools.ts';
import type { Subnet } from '../ipam/subnet.ts';

export interface NetworkRecord {
  /** 64 hexadecimal digits */
  id: string;
  name: string;
  /** ms since 1970 */
  created: number;
  driver: DriverName;
  internal: boolean;
  attachable: boolean;
  /** false: it has IPv6 addresses only */
  ipv4?: false;
  ipv6: boolean;
  /** `asked`: its pools were requested */
  ipam: { driver: string; options: Record<string, string> | null; pools: readonly Pool[]; asked?: boolean };
  options: Record<string, string>;
  labels: Record<string, string>;
  /** making: an operation is under way, and a daemon that finds this takes it back; removing: it is removed again */
  state: 'making' | 'made' | 'removing';
  /** the operation that makes it */
  operation?: string;
}

const isFields = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Undefined for an invalid record: the file may be damaged, or from another version. */
export function readNetwork(text: string): NetworkRecord | undefined {
  try {
    const value = JSON.parse(text) as Partial<NetworkRecord>;
    const whole =
      /^[0-9a-f]{64}$/.test(String(value.id)) &&
      typeof value.name === 'string' &&
      typeof value.created === 'number' &&
      driverNames.some((name) => name === value.driver) &&
      isFields(value.ipam) &&
      Array.isArray(value.ipam.pools) &&
      isFields(value.options) &&
      isFields(value.labels) &&
      ['making', 'made', 'removing'].includes(String(value.state));
    return whole ? (value as NetworkRecord) : undefined;
  } catch {
    return undefined;
  }
}

export const BRIDGE_NAME = 'com.docker.network.bridge.name';
/** The bridge's link: the option, or a name made from the id, at most 15 bytes: 'br-3f2a91c07be4'. */
export const bridgeOf = ({ id, options }: Pick<NetworkRecord, 'id' | 'options'>): string =>
  options[BRIDGE_NAME] || `br-${id.slice(0, 12)}`;

const isOn = (text: string | undefined) => text === undefined || ['1', 't', 'true', 'T', 'TRUE', 'True'].includes(text);

type Settings = Pick<NetworkSettings, 'userlandProxy'>;

function optionsOf({ driver, internal, options }: NetworkRecord, { userlandProxy }: Settings): NetworkOptions {
  const mtu = Number(options['com.docker.network.driver.mtu'] ?? 0);
  const hostBinding = options['com.docker.network.bridge.host_binding_ipv4'];
  return {
    internal,
    icc: isOn(options['com.docker.network.bridge.enable_icc']),
    masquerade: isOn(options['com.docker.network.bridge.enable_ip_masquerade']),
    hairpin: userlandProxy === false,
    ...(mtu && { mtu }),
    ...((driver === 'macvlan' || driver === 'ipvlan') && {
      linkData: linkData(driver, options),
      ...(!internal && options['parent'] && { parent: options['parent'] }),
    }),
    ...(hostBinding && isIpv4(hostBinding) && { hostBinding }),
  };
}

/** The IPv4 subnets of a network, or its IPv6 subnets; empty before they were chosen. */
export const subnetsOf = ({ ipam }: Pick<NetworkRecord, 'ipam'>, six = false): Subnet[] =>
  ipam.pools.filter(({ Subnet: text }) => isSix(text) === six).flatMap((pool) => subnetOf(pool) ?? []);

function subnetOf(pool: Pool): Subnet | undefined {
  const cidr = parseSubnet(pool.Subnet);
  if (!cidr || !pool.Gateway) return undefined;
  const range = pool.IPRange ? parseSubnet(pool.IPRange) : undefined;
  return {
    gateway: canonical(pool.Gateway),
    prefix: cidr.prefix,
    ...(range && { range }),
    ...(pool.AuxiliaryAddresses && { reserved: Object.values(pool.AuxiliaryAddresses).map(canonical) }),
  };
}

/** The network of a record, for the steps of its driver. */
export function networkOf(record: NetworkRecord, settings: Settings): Network {
  const [subnet, ...more] = record.ipv4 === false ? [] : subnetsOf(record);
  const [subnet6, ...more6] = record.ipv6 ? subnetsOf(record, true) : [];
  const further = [...more, ...more6];
  return {
    id: record.id,
    name: record.name,
    driver: record.driver,
    bridge: bridgeOf(record),
    options: optionsOf(record, settings),
    ...(record.state === 'removing' && { ending: true }),
    ...(subnet && { subnet }),
    ...(subnet6 && { subnet6 }),
    ...(further.length && { further }),
    ...(record.ipv4 === false && { ipv4: false }),
  };
}
