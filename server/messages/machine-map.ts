/** Everything that this daemon has on the machine, for the page's map: images, networks, volumes, and memory in use. */
import { networkInterfaces, totalmem } from 'node:os';
import type { ContainerHandle, Engine } from '../../runtime/engine/engine.ts';
import { readText } from '../../runtime/kernel/cgroup/directory.ts';
import { limitIn } from '../../runtime/kernel/cgroup/usage.ts';
import type { Container } from '../../runtime/container/container.ts';
import { subnetsOf } from '../../runtime/network/store/network-record.ts';

export interface MapImage {
  id: string;
  /** 'ubuntu:latest' and further names; none for an image that lost its name */
  names: readonly string[];
  size: number;
  /** the lowest layer first; equal ids are one directory that images share */
  layers: readonly { id: string; size: number }[];
}
export interface MapNetwork {
  /** the id of a network that a user made, the name of a predefined one: what `MapContainer.networks` has */
  id: string;
  name: string;
  driver: string;
  /** '172.18.0.1/16': the gateway's address and the prefix */
  subnet?: string;
  internal: boolean;
}
export interface MapContainer {
  image?: string;
  networks: readonly { id: string; address?: string }[];
  volumes: readonly string[];
  /** where it has them */
  mounted?: readonly { name: string; at: string; readOnly?: true }[];
  /** bytes at this moment, while it has a process */
  memory?: number;
  limit?: number;
  /** the last run ended because its memory ran out */
  oom?: true;
}
export interface MachineMap {
  images: readonly MapImage[];
  networks: readonly MapNetwork[];
  volumes: readonly { name: string }[];
  /** by id */
  containers: Readonly<Record<string, MapContainer>>;
  memory: number;
}

/** More of a kind than this are not sent: a map of more cannot be read. */
const MOST = 300;
const MOUNTS_MOST = 20;

/** Bytes in use, and the limit, as the kernel says them now; nothing where it does not. */
function memoryOf({ cgroup }: Container): Pick<MapContainer, 'memory' | 'limit'> {
  const read = (one: string, two: string) =>
    readText(cgroup.pathOf('memory', cgroup.version === 1 ? one : two) ?? '').trim();
  try {
    const usage = read('memory.usage_in_bytes', 'memory.current');
    const limit = read('memory.limit_in_bytes', 'memory.max');
    const most = limit ? limitIn(limit) : undefined;
    return { ...(usage && { memory: Number(usage) }), ...(most !== undefined && { limit: most }) };
  } catch {
    // a map without one container's memory is better than none
    return {};
  }
}

const isUp = ({ status }: ContainerHandle['state']): boolean => status === 'running' || status === 'paused';

function containerOf({ container, state }: ContainerHandle): MapContainer {
  // who shares another container's network lies where that one does
  const endpoints = container.endpoints.flatMap((endpoint) => {
    if (endpoint.driver !== 'container' || !endpoint.container) return [endpoint];
    try {
      return container.other(endpoint.container).endpoints;
    } catch {
      return [];
    }
  });
  const mounted = container.mounts.filter(({ type }) => type === 'volume');
  return {
    ...(container.image && { image: container.image.id }),
    networks: endpoints.map(({ network, networkID, address6, address = address6 }) => ({
      id: networkID ?? network,
      ...(address && isUp(state) && { address }),
    })),
    volumes: [...new Set(mounted.map(({ name }) => name))],
    ...(mounted.length && {
      mounted: mounted
        .slice(0, MOUNTS_MOST)
        .map(({ name, destination, rw }) => ({ name, at: destination, ...(!rw && { readOnly: true as const }) })),
    }),
    ...(isUp(state) ? memoryOf(container) : state.oomKilled && { oom: true as const }),
  };
}

function networksOf({ settings, networks }: Engine): MapNetwork[] {
  const cidr = networkInterfaces()[settings.bridge]?.find(({ family }) => family === 'IPv4')?.cidr ?? settings.bip;
  return [
    { id: 'bridge', name: 'bridge', driver: 'bridge', internal: false, ...(cidr && { subnet: cidr }) },
    { id: 'host', name: 'host', driver: 'host', internal: false },
    { id: 'none', name: 'none', driver: 'none', internal: true },
    ...networks.list().map((record) => {
      const { id, name, driver, internal } = record;
      const subnet = [...subnetsOf(record), ...subnetsOf(record, true)][0];
      return { id, name, driver, internal, ...(subnet && { subnet: `${subnet.gateway}/${subnet.prefix}` }) };
    }),
  ];
}

export function mapOf(engine: Engine): MachineMap {
  return {
    images: engine.images
      .list()
      .slice(0, MOST)
      .map(({ id, tags, size, layers }) => ({
        id,
        names: tags.slice(0, 8),
        size,
        layers: layers.map((layer) => ({ id: layer.chainID, size: layer.size })),
      })),
    networks: networksOf(engine).slice(0, MOST),
    volumes: engine.volumes
      .list()
      .slice(0, MOST)
      .map(({ name }) => ({ name })),
    containers: Object.fromEntries(engine.containers().map((handle) => [handle.container.id, containerOf(handle)])),
    memory: totalmem(),
  };
}
