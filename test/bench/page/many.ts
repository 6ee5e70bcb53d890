/** A machine with many containers, as the page is told of it: the daemon's messages with other lists in them. */
import type { WebSocketRoute } from 'playwright-core';
import type { Listed, MachineMap, Told } from '../../../server/live/protocol.ts';

const MIB = 2 ** 20;
const id = (n: number) => n.toString(16).padStart(64, '0');
const CONTAINERS = 200;
const NETWORKS = 20;
const IMAGES = 50;

const list: readonly Listed[] = Array.from({ length: CONTAINERS }, (_, n) => ({
  id: id(n),
  name: `service-${n}`,
  image: `image-${n % IMAGES}`,
  command: 'sleep 1000',
  status: n % 9 ? 'running' : 'exited',
  machine: n % 9 ? 'running' : 'exited',
  created: n,
  exitCode: 0,
  pid: 1000 + n,
  tty: false,
  error: '',
}));
const map: MachineMap = {
  images: Array.from({ length: IMAGES }, (_, n) => ({
    id: `sha256:${n}`,
    names: [`image-${n}:latest`],
    size: (n + 1) * 10 * MIB,
    layers: [{ id: 'base', size: 10 * MIB }],
  })),
  networks: Array.from({ length: NETWORKS }, (_, n) => ({
    id: `net-${n}`,
    name: `network-${n}`,
    driver: 'bridge',
    internal: false,
    subnet: `10.${n}.0.1/16`,
  })),
  volumes: [{ name: 'data' }],
  containers: Object.fromEntries(
    list.map((row, n) => [
      row.id,
      {
        image: `sha256:${n % IMAGES}`,
        networks: [{ id: `net-${n % NETWORKS}`, address: `10.${n % NETWORKS}.0.${n}` }],
        volumes: [],
        memory: (n + 1) * MIB,
        limit: 512 * MIB,
      },
    ]),
  ),
  memory: 8192 * MIB,
};

/** Lies between the page and its daemon, and puts the many into what the page is told. */
export function many(page: WebSocketRoute): void {
  const daemon = page.connectToServer();
  daemon.onMessage((data) => {
    if (typeof data !== 'string') return page.send(data);
    const message = JSON.parse(data) as Told;
    const told =
      message.type === 'containers' ? { ...message, list } : message.type === 'map' ? { ...message, map } : message;
    page.send(JSON.stringify(told));
  });
}
