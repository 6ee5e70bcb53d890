/** Networks and a container's endpoints, in the shape of GET /networks and NetworkSettings. */
import { createHash } from 'node:crypto';
import { networkInterfaces } from 'node:os';
import type { ContainerHandle, Engine } from '../../../runtime/engine/engine.ts';
import type { Endpoint } from '../../../runtime/network/endpoint.ts';
import { defaultSubnet6 } from '../../../runtime/network/ipam/default-subnet6.ts';
import { networkOf } from '../../../runtime/network/ipam/family.ts';
import type { predefined } from '../../../runtime/network/phase/networks.ts';
import type { NetworkRecord } from '../../../runtime/network/store/network-record.ts';
import { rfc3339 } from '../http/humanize.ts';

/** The id of a predefined network. It is stable for one data root, as docker's ids are. */
export const networkID = (engine: Engine, name: string): string =>
  createHash('sha256').update(`${engine.id}/network/${name}`).digest('hex');

export const isUp = (handle: ContainerHandle): boolean =>
  handle.state.status === 'running' || handle.state.status === 'paused';

/**
 * NetworkSettings.Networks. Addresses are set only while the container runs. A container in `container:` mode has no
 * networks of its own.
 */
export function endpoints(engine: Engine, handle: ContainerHandle, api = 50): Record<string, object> {
  const own = handle.container.endpoints.filter(({ driver }) => driver !== 'container');
  return Object.fromEntries(own.map((endpoint) => [endpoint.network, endpointView(engine, handle, endpoint, api)]));
}

/** The names by which others on a network that a user made find the container, as dockerd lists them. */
function namesOf(
  { container: { id, name, spec } }: ContainerHandle,
  { networkID: user, aliases = [] }: Endpoint,
): string[] {
  if (user === undefined) return [];
  return [...new Set([name, ...aliases, id.slice(0, 12), spec.hostname ?? id.slice(0, 12)])];
}

/** What was requested; null on a predefined network when nothing was. */
function ipamConfig({ requestedAddress, requestedAddress6, linkLocal, networkID: user }: Endpoint): object | null {
  const asked = {
    ...(requestedAddress && { IPv4Address: requestedAddress }),
    ...(requestedAddress6 && { IPv6Address: requestedAddress6 }),
    ...(linkLocal && { LinkLocalIPs: linkLocal }),
  };
  return user !== undefined || Object.keys(asked).length ? asked : null;
}

function endpointView(engine: Engine, handle: ContainerHandle, endpoint: Endpoint, api: number): object {
  const up = isUp(handle);
  const names = namesOf(handle, endpoint);
  const { aliases, links, driverOpts, networkID: user } = endpoint;
  // clients below API 1.45 find the short id among the aliases, and have no list of names
  const shownAliases = user && api < 45 ? [...(aliases ?? []), handle.container.id.slice(0, 12)] : (aliases ?? null);
  return {
    IPAMConfig: ipamConfig(endpoint),
    Links: links ?? null,
    Aliases: shownAliases,
    DriverOpts: driverOpts ?? null,
    ...(api >= 44 && { DNSNames: names.length ? names : null }),
    MacAddress: (up && endpoint.mac) || endpoint.requestedMac || '',
    NetworkID: user ?? networkID(engine, endpoint.network),
    EndpointID: up ? endpoint.endpointID : '',
    Gateway: (up && endpoint.gateway) || '',
    IPAddress: (up && endpoint.address) || '',
    IPPrefixLen: (up && endpoint.prefix) || 0,
    IPv6Gateway: (up && endpoint.gateway6) || '',
    GlobalIPv6Address: (up && endpoint.address6) || '',
    GlobalIPv6PrefixLen: (up && endpoint.prefix6) || 0,
    ...(api >= 48 && { GwPriority: endpoint.gwPriority ?? 0 }),
  };
}

/** The bridge's subnet: from the kernel when the bridge is up, else from the daemon's settings. */
function subnet(engine: Engine): object[] {
  const { bridge, bip } = engine.settings;
  const cidr = networkInterfaces()[bridge]?.find((a) => a.family === 'IPv4')?.cidr ?? bip;
  if (!cidr) return [];
  const [address = '', bits = '16'] = cidr.split('/');
  const mask = Number(bits) === 0 ? 0 : (-1 << (32 - Number(bits))) >>> 0;
  const number = address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
  const first = (number & mask) >>> 0;
  return [{ Subnet: `${[24, 16, 8, 0].map((shift) => (first >>> shift) & 255).join('.')}/${bits}`, Gateway: address }];
}

function subnet6({ settings }: Engine): object[] {
  const found = defaultSubnet6(settings);
  if (!found) return [];
  const { gateway: address, prefix } = found;
  return [{ Subnet: `${networkOf({ address, prefix })}/${prefix}`, Gateway: address }];
}

const memberView = (
  name: string,
  { endpointID, mac = '', address, prefix = 16, address6, prefix6 = 64 }: Endpoint,
): object => ({
  Name: name,
  EndpointID: endpointID,
  MacAddress: mac,
  IPv4Address: address ? `${address}/${prefix}` : '',
  IPv6Address: address6 ? `${address6}/${prefix6}` : '',
});

/** The running containers on it, by id. */
const membersView = (engine: Engine, on: (endpoint: Endpoint) => boolean): Record<string, object> =>
  Object.fromEntries(
    engine
      .containers()
      .filter(isUp)
      .flatMap(({ container: { id, name, endpoints: all } }) =>
        all.filter(on).map((endpoint) => [id, memberView(name, endpoint)] as const),
      ),
  );

export interface NetworkView extends Record<string, unknown> {
  Name: string;
  Id: string;
  Driver: string;
  Labels: Record<string, string>;
}

const common = { Scope: 'local', Ingress: false, ConfigFrom: { Network: '' }, ConfigOnly: false };

export const predefinedView = (engine: Engine, name: (typeof predefined)[number]): NetworkView => ({
  Name: name,
  Id: networkID(engine, name),
  Created: '0001-01-01T00:00:00Z',
  Driver: name === 'none' ? 'null' : name,
  EnableIPv4: true,
  EnableIPv6: name === 'bridge' && engine.settings.ipv6 === true,
  IPAM: { Driver: 'default', Options: null, Config: name === 'bridge' ? [...subnet(engine), ...subnet6(engine)] : [] },
  Internal: false,
  Attachable: false,
  ...common,
  Containers: membersView(engine, (endpoint) => endpoint.networkID === undefined && endpoint.network === name),
  Options:
    name === 'bridge'
      ? {
          'com.docker.network.bridge.default_bridge': 'true',
          'com.docker.network.bridge.name': engine.settings.bridge,
        }
      : {},
  Labels: {},
});

export const networkView = (engine: Engine, record: NetworkRecord): NetworkView => ({
  Name: record.name,
  Id: record.id,
  Created: rfc3339(record.created),
  Driver: record.driver,
  EnableIPv4: record.ipv4 ?? true,
  EnableIPv6: record.ipv6,
  IPAM: {
    Driver: record.ipam.driver,
    Options: record.ipam.options ?? {},
    Config: record.ipam.pools.map(({ assigned, Gateway, ...pool }) => ({
      ...pool,
      ...(Gateway && !assigned && { Gateway }),
    })),
  },
  Internal: record.internal,
  Attachable: record.attachable,
  ...common,
  Containers: membersView(engine, (endpoint) => endpoint.networkID === record.id),
  Options: record.options,
  Labels: record.labels,
});
