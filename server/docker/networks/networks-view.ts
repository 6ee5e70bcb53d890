/** The networks there are, and a container's place in one, in the shape of GET /networks and NetworkSettings. */
import { createHash } from 'node:crypto';
import { networkInterfaces } from 'node:os';
import type { ContainerHandle, Engine } from '../../../runtime/engine/engine.ts';

export const NETWORKS = ['bridge', 'host', 'none'] as const;
const drivers: Record<(typeof NETWORKS)[number], string> = { bridge: 'bridge', host: 'host', none: 'null' };

/** Stable for one data root, as docker's are. */
export const networkID = (engine: Engine, name: string): string =>
  createHash('sha256').update(`${engine.id}/network/${name}`).digest('hex');

export const isUp = (handle: ContainerHandle): boolean =>
  handle.state.status === 'running' || handle.state.status === 'paused';

/** NetworkSettings.Networks; addresses only while the container runs. `container:` mode has none of its own. */
export function endpoints(engine: Engine, handle: ContainerHandle): Record<string, object> {
  const { network } = handle.container;
  if (network.mode === 'container') return {};
  const up = isUp(handle);
  return {
    [network.name]: {
      IPAMConfig: network.requestedAddress ? { IPv4Address: network.requestedAddress } : null,
      Links: null,
      Aliases: null,
      DriverOpts: null,
      DNSNames: null,
      MacAddress: (up && network.mac) || '',
      NetworkID: networkID(engine, network.name),
      EndpointID: up ? network.endpointID : '',
      Gateway: (up && network.gateway) || '',
      IPAddress: (up && network.address) || '',
      IPPrefixLen: (up && network.prefix) || 0,
      IPv6Gateway: '',
      GlobalIPv6Address: '',
      GlobalIPv6PrefixLen: 0,
      GwPriority: 0,
    },
  };
}

/** From the kernel when the bridge is up, else from what the daemon was told. */
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

export function networkView(
  engine: Engine,
  name: (typeof NETWORKS)[number],
): { Name: string; Id: string; Driver: string; Labels: Record<string, string> } & Record<string, unknown> {
  const members = engine
    .containers()
    .filter((c) => isUp(c) && c.container.network.mode !== 'container' && c.container.network.name === name);
  const containers = Object.fromEntries(
    members.map(({ container: { id, name: own, network } }) => [
      id,
      {
        Name: own,
        EndpointID: network.endpointID,
        MacAddress: network.mac ?? '',
        IPv4Address: network.address ? `${network.address}/${network.prefix ?? 16}` : '',
        IPv6Address: '',
      },
    ]),
  );
  return {
    Name: name,
    Id: networkID(engine, name),
    Created: '0001-01-01T00:00:00Z',
    Scope: 'local',
    Driver: drivers[name],
    EnableIPv4: true,
    EnableIPv6: false,
    IPAM: { Driver: 'default', Options: null, Config: name === 'bridge' ? subnet(engine) : [] },
    Internal: false,
    Attachable: false,
    Ingress: false,
    ConfigFrom: { Network: '' },
    ConfigOnly: false,
    Containers: containers,
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
