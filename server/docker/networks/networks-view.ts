/** Networks and a container's endpoints, in the shape of GET /networks and NetworkSettings. */
import { createHash } from 'node:crypto';
import { networkInterfaces } from 'node:os';
import type { ContainerHandle, Engine } from '../../../runtime/engine/engine.ts';
import type { Endpoint } from '../../../runtime/network/endpoint.ts';
import type { predefined } from '../../../runtime/network/phase/networks.ts';

/** The network's id. It is stable for one data root, as docker's ids are. */
export const networkID = (engine: Engine, name: string): string =>
  createHash('sha256').update(`${engine.id}/network/${name}`).digest('hex');

export const isUp = (handle: ContainerHandle): boolean =>
  handle.state.status === 'running' || handle.state.status === 'paused';

/**
 * NetworkSettings.Networks. Addresses are set only while the container runs. A container in `container:` mode has no
 * networks of its own.
 */
export function endpoints(engine: Engine, handle: ContainerHandle): Record<string, object> {
  const own = handle.container.endpoints.filter(({ driver }) => driver !== 'container');
  return Object.fromEntries(own.map((endpoint) => [endpoint.network, endpointView(engine, endpoint, isUp(handle))]));
}

const endpointView = (engine: Engine, endpoint: Endpoint, up: boolean): object => ({
  IPAMConfig: endpoint.requestedAddress ? { IPv4Address: endpoint.requestedAddress } : null,
  Links: null,
  Aliases: null,
  DriverOpts: null,
  DNSNames: null,
  MacAddress: (up && endpoint.mac) || '',
  NetworkID: networkID(engine, endpoint.network),
  EndpointID: up ? endpoint.endpointID : '',
  Gateway: (up && endpoint.gateway) || '',
  IPAddress: (up && endpoint.address) || '',
  IPPrefixLen: (up && endpoint.prefix) || 0,
  IPv6Gateway: '',
  GlobalIPv6Address: '',
  GlobalIPv6PrefixLen: 0,
  GwPriority: 0,
});

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

const memberView = (name: string, { endpointID, mac = '', address, prefix = 16 }: Endpoint): object => ({
  Name: name,
  EndpointID: endpointID,
  MacAddress: mac,
  IPv4Address: address ? `${address}/${prefix}` : '',
  IPv6Address: '',
});

export function networkView(
  engine: Engine,
  name: (typeof predefined)[number],
): { Name: string; Id: string; Driver: string; Labels: Record<string, string> } & Record<string, unknown> {
  const members = engine
    .containers()
    .filter(isUp)
    .flatMap(({ container: { id, name: own, endpoints: all } }) =>
      all.filter(({ network }) => network === name).map((endpoint) => [id, memberView(own, endpoint)] as const),
    );
  return {
    Name: name,
    Id: networkID(engine, name),
    Created: '0001-01-01T00:00:00Z',
    Scope: 'local',
    Driver: name === 'none' ? 'null' : name,
    EnableIPv4: true,
    EnableIPv6: false,
    IPAM: { Driver: 'default', Options: null, Config: name === 'bridge' ? subnet(engine) : [] },
    Internal: false,
    Attachable: false,
    Ingress: false,
    ConfigFrom: { Network: '' },
    ConfigOnly: false,
    Containers: Object.fromEntries(members),
    Options:
      name === 'bridge'
        ? {
            'com.docker.network.bridge.default_bridge': 'true',
            'com.docker.network.bridge.name': engine.settings.bridge,
          }
        : {},
    Labels: {},
  };
}
