/**
 * The values of --publish and --expose, as docker's client reads them. These functions are pure, so that the command
 * line can use them.
 *
 *   [[HOST-ADDRESS:]HOST-PORTS:]CONTAINER-PORTS[/PROTOCOL]        127.0.0.1:8080-8082:80-82/tcp   [::1]::53/udp
 */
import { isIP } from 'node:net';

const MOST = 65535;

/** '80' or '80-90' → first and last. Throws Error. */
function range(text: string, what: string): [first: number, last: number] {
  const [, begin, end = begin] = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(text) ?? [];
  if (begin === undefined || Number(begin) > MOST || Number(end) > MOST) throw new Error(`invalid ${what}: ${text}`);
  if (Number(end) < Number(begin)) throw new Error(`invalid range format for ${what}: ${text}`);
  return [Number(begin), Number(end)];
}

function protocolOf(text: string | undefined): string {
  const protocol = (text ?? 'tcp').toLowerCase();
  if (!['tcp', 'udp', 'sctp'].includes(protocol)) throw new Error(`invalid proto: ${text}`);
  return protocol;
}

const all = (first: number, last: number) => Array.from({ length: last - first + 1 }, (_, j) => first + j);

/** --expose: '80', '80-90/udp' → keys of ExposedPorts. Throws Error. */
export function exposed(text: string): string[] {
  const [ports = '', protocol, ...rest] = text.split('/');
  if (rest.length || ports === '') throw new Error(`invalid port format for --expose: ${text}`);
  return all(...range(ports, 'port')).map((port) => `${port}/${protocolOf(protocol)}`);
}

export interface Binding {
  /** a key of PortBindings: '80/tcp' */
  key: string;
  HostIp: string;
  HostPort: string;
}

function split(text: string): { address: string; host: string; container: string } {
  const [, bracketed, rest] = /^\[([^\]]*)\]:(.*)$/.exec(text) ?? [];
  const parts = (rest ?? text).split(':');
  const container = parts.pop() ?? '';
  const host = parts.pop() ?? '';
  const address = bracketed ?? parts.join(':');
  if (address !== '' && !isIP(address)) throw new Error(`invalid IP address: ${address}`);
  return { address, host, container };
}

/**
 * --publish. A range of the host's ports for one port of the container means: any free port of the range. Throws Error.
 */
export function published(text: string): Binding[] {
  const [ports = '', protocol, ...rest] = text.split('/');
  const { address: HostIp, host, container } = split(ports);
  if (container === '' || rest.length) throw new Error(`no port specified: ${text}`);
  const name = protocolOf(protocol);
  const [first, last] = range(container, 'containerPort');
  const [from, to] = host === '' ? [0, 0] : range(host, 'hostPort');
  if (first === last)
    return [
      { key: `${first}/${name}`, HostIp, HostPort: host === '' ? '' : from === to ? `${from}` : `${from}-${to}` },
    ];
  if (host !== '' && to - from !== last - first)
    throw new Error(`invalid ranges specified for container and host Ports: ${container} and ${host}`);
  return all(first, last).map((port) => ({
    key: `${port}/${name}`,
    HostIp,
    HostPort: host === '' ? '' : `${from + port - first}`,
  }));
}
