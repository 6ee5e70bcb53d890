/** The body of POST /networks/create: Docker Engine API, "Create a network". */
import { isIP } from 'node:net';
import { badParameter, notFound, ApiError } from '../../errors/api-error.ts';
import type { DriverName } from '../endpoint.ts';
import { isLinkName } from '../link-name.ts';
import { isSix } from '../ipam/family.ts';
import { checkPools, type Pool } from '../ipam/pools.ts';
import { linkData } from '../macvlan/modes.ts';
import { BRIDGE_NAME, type NetworkRecord } from '../store/network-record.ts';

type Fields = Record<string, unknown>;
const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isTexts = (value: unknown): value is Record<string, string> =>
  isFields(value) && Object.values(value).every((one) => typeof one === 'string' && !one.includes('\0'));

export type NetworkAsked = Pick<
  NetworkRecord,
  'name' | 'driver' | 'internal' | 'attachable' | 'ipv4' | 'ipv6' | 'ipam' | 'options' | 'labels'
>;

const NAME = /^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/;
const MOST = 255;
/** The drivers whose networks users can make. */
const made: readonly string[] = ['bridge', 'macvlan', 'ipvlan'] satisfies DriverName[];

const text = (body: Fields, name: string): string => {
  const value = body[name] ?? '';
  if (typeof value !== 'string' || value.includes('\0')) throw badParameter(`invalid ${name}: it must be a string`);
  return value;
};
const flag = (body: Fields, name: string, otherwise = false): boolean => {
  const value = body[name] ?? otherwise;
  if (typeof value !== 'boolean') throw badParameter(`invalid ${name}: it must be true or false`);
  return value;
};
const texts = (body: Fields, name: string): Record<string, string> => {
  const value = body[name] ?? {};
  if (!isTexts(value)) throw badParameter(`invalid ${name}: it must be an object of strings`);
  return value;
};

function poolOf(value: unknown): Pool | undefined {
  if (!isFields(value)) throw badParameter('invalid IPAM.Config: it must be a list of objects');
  const [Subnet, IPRange, Gateway] = ['Subnet', 'IPRange', 'Gateway'].map((name) => text(value, name)) as [
    string,
    string,
    string,
  ];
  const auxiliary = texts(value, 'AuxiliaryAddresses');
  if (!Subnet && !IPRange && !Gateway) return undefined;
  return {
    Subnet,
    ...(IPRange && { IPRange }),
    ...(Gateway && { Gateway }),
    ...(Object.keys(auxiliary).length && { AuxiliaryAddresses: auxiliary }),
  };
}

function ipamOf(body: Fields): NetworkRecord['ipam'] {
  const ipam = body['IPAM'] ?? {};
  if (!isFields(ipam)) throw badParameter('invalid IPAM: it must be an object');
  const driver = text(ipam, 'Driver') || 'default';
  if (driver !== 'default') throw notFound(`could not find plugin ${driver} in v2 plugin registry: not found`);
  const config = ipam['Config'] ?? [];
  if (!Array.isArray(config) || config.length > 100) throw badParameter('invalid IPAM.Config: it must be a list');
  const options = ipam['Options'] ? texts(ipam, 'Options') : null;
  return { driver, options, pools: config.flatMap((one) => poolOf(one) ?? []) };
}

const BOOLEANS = ['enable_icc', 'enable_ip_masquerade'].map((name) => `com.docker.network.bridge.${name}`);
const HOST_BINDING = 'com.docker.network.bridge.host_binding_ipv4';
const MTU = 'com.docker.network.driver.mtu';

function checkOptions(options: Record<string, string>): void {
  for (const name of BOOLEANS)
    if (options[name] !== undefined && !/^(1|t|T|TRUE|true|True|0|f|F|FALSE|false|False)$/.test(options[name]))
      throw badParameter(`failed to parse ${name} value: ${JSON.stringify(options[name])} is neither true nor false`);
  const mtu = options[MTU];
  if (mtu !== undefined && !(/^\d{1,5}$/.test(mtu) && Number(mtu) >= 68 && Number(mtu) <= 65_535))
    throw badParameter(`failed to parse ${MTU} value: ${JSON.stringify(mtu)} is no number of bytes from 68 to 65535`);
  const host = options[HOST_BINDING];
  if (host && !isIP(host)) throw badParameter(`failed to parse ${HOST_BINDING} value: ${host} (nil ip)`);
  const bridge = options[BRIDGE_NAME];
  if (bridge !== undefined && !isLinkName(bridge))
    throw badParameter(`invalid ${BRIDGE_NAME}: ${JSON.stringify(bridge)} is no name of a link, of at most 15 bytes`);
}

function checkParent(driver: 'macvlan' | 'ipvlan', options: Record<string, string>): void {
  linkData(driver, options);
  const { parent } = options;
  if (parent === 'lo') throw new ApiError(500, `loopback interface is not a valid ${driver} parent link`);
  if (parent && !isLinkName(parent))
    throw badParameter(`invalid parent: ${JSON.stringify(parent)} is no name of a link, of at most 15 bytes`);
}

/** Without a parent there is no way out of a macvlan or ipvlan network. */
const isInternal = (body: Fields, driver: string, { parent }: Record<string, string>): boolean =>
  flag(body, 'Internal') || (driver !== 'bridge' && !parent);

/** Which address families it has. A subnet of another one would not be used, so it is refused. */
function familiesOf(body: Fields, pools: readonly Pool[]): Pick<NetworkRecord, 'ipv4' | 'ipv6'> {
  const [ipv4, ipv6] = [flag(body, 'EnableIPv4', true), flag(body, 'EnableIPv6')];
  if (!ipv4 && !ipv6) throw badParameter('IPv4 or IPv6 must be enabled');
  for (const [on, six, name] of [
    [ipv4, false, 'IPv4'],
    [ipv6, true, 'IPv6'],
  ] as const)
    if (!on && pools.some(({ Subnet }) => isSix(Subnet) === six))
      throw badParameter(
        `invalid network config:\nan ${name} subnet was given, but ${name} is not enabled for the network`,
      );
  return { ...(!ipv4 && { ipv4 }), ipv6 };
}

/** Throws ApiError: 400 for an invalid value, 403 for a predefined name, 404 for a driver that is not there. */
export function networkAsked(body: Fields): NetworkAsked {
  const name = text(body, 'Name');
  const driver = text(body, 'Driver') || 'bridge';
  if (['bridge', 'host', 'none', 'default'].includes(name))
    throw new ApiError(403, `operation is not permitted on predefined ${name} network `);
  if (!NAME.test(name) || name.length > MOST)
    throw badParameter(`invalid network name: ${JSON.stringify(name)}, only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed`);
  if (driver === 'host' || driver === 'null')
    throw new ApiError(403, `only one instance of "${driver}" network is allowed`);
  if (driver === 'overlay')
    throw new ApiError(
      503,
      'This node is not a swarm manager. Use "docker swarm init" or "docker swarm join" to connect this node to swarm and try again.',
    );
  if (!made.includes(driver))
    throw notFound(`could not find plugin ${driver} in v2 plugin registry: plugin "${driver}" not found`);
  if (flag(body, 'ConfigOnly') || filled(body['ConfigFrom']) || flag(body, 'Ingress'))
    throw new ApiError(501, 'networks of a swarm, and those that only hold a configuration, are not supported');
  const ipam = ipamOf(body);
  checkPools(ipam.pools, driver);
  const options = texts(body, 'Options');
  checkOptions(options);
  if (driver === 'macvlan' || driver === 'ipvlan') checkParent(driver, options);
  const families = familiesOf(body, ipam.pools);
  return {
    name,
    driver: driver as DriverName,
    internal: isInternal(body, driver, options),
    attachable: flag(body, 'Attachable'),
    ...families,
    ipam,
    options,
    labels: texts(body, 'Labels'),
  };
}

const filled = (value: unknown): boolean => isFields(value) && Object.values(value).some(Boolean);
