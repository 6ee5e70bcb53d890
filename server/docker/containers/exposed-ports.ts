/** The ports of a container for clients: those that it declares, and those of the host that lead to them. */
import type { ContainerHandle } from '../../../runtime/engine/engine.ts';
import { comparePorts, showPort, type ContainerPort, type PublishedPort } from '../../../runtime/network/port.ts';
import { exposedPorts, parseContainerPort, parseRange } from '../../../runtime/network/ports/request.ts';
import { isUp } from '../networks/networks-view.ts';

/** Engine API, "Port". */
interface Port {
  IP?: string;
  PrivatePort: number;
  PublicPort?: number;
  Type: string;
}

const onBridge = ({ container }: ContainerHandle) => container.endpoints.some(({ driver }) => driver === 'bridge');

/** Each exposed port of a running container on a bridge, with the ports of the host that lead to it. */
function portsOf(handle: ContainerHandle): [port: ContainerPort, published: PublishedPort[]][] {
  if (!isUp(handle) || !onBridge(handle)) return [];
  const published = handle.container.endpoints.flatMap(({ ports }) => ports ?? []);
  const all = new Map([...exposedPorts(handle.container), ...published].map((port) => [showPort(port), port]));
  return [...all.values()]
    .sort(comparePorts)
    .map((port) => [port, published.filter((one) => showPort(one) === showPort(port))]);
}

/** `Ports` of the list. Containers that do not run, or have no bridge, have none, as in dockerd. */
export const portsView = (handle: ContainerHandle): Port[] =>
  portsOf(handle).flatMap(([{ port: PrivatePort, protocol: Type }, published]): Port[] =>
    published.length
      ? published.map(({ hostIp: IP, hostPort: PublicPort }) => ({ IP, PrivatePort, PublicPort, Type }))
      : [{ PrivatePort, Type }],
  );

/** NetworkSettings.Ports. A port that is not published is null. */
export const portBindings = (handle: ContainerHandle): Record<string, { HostIp: string; HostPort: string }[] | null> =>
  Object.fromEntries(
    portsOf(handle).map(([port, published]) => [
      showPort(port),
      published.length
        ? published.map(({ hostIp: HostIp, hostPort }) => ({ HostIp, HostPort: String(hostPort) }))
        : null,
    ]),
  );

/** The value of the filter `publish` or `expose`: '80', '80/udp', '8000-8010/tcp'. Undefined for other texts. */
function filterOf(value: string): { type: string; first: number; last: number } | undefined {
  const [text = '', protocol = 'tcp'] = value.split('/');
  const range = text === '' ? undefined : parseRange(text);
  const type = parseContainerPort(`0/${protocol}`)?.protocol;
  return range && type && { type, first: range[0], last: range[1] };
}
export const isPortFilter = (value: string): boolean => filterOf(value) !== undefined;

export function portMatches(value: string, number: number | undefined, type: string): boolean {
  const wanted = filterOf(value);
  if (!wanted || number === undefined) return false;
  return wanted.type === type && number >= wanted.first && number <= wanted.last;
}
