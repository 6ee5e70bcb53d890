/** Takes ports of the host for a container: bind(2) and listen(2), so that no other program can have them. */
import { AF, IPPROTO, IPV6_V6ONLY, SO_REUSEADDR, SOCK, SOL_SOCKET } from '../../syscalls/constants.ts';
import { hasCode } from '../../kernel/errors.ts';
import type { Kernel } from '../../kernel/kernel.ts';
import type { Connection } from '../driver.ts';
import { clashError } from './clash.ts';
import {
  showHostPort,
  showPort,
  type PortRequest,
  type PortSocket,
  type PortsLive,
  type Protocol,
  type PublishedPort,
} from '../port.ts';
import { protocolNumbers } from './protocol-numbers.ts';
import { portRequests } from './request.ts';
import { familyOf, sockaddr } from './sockaddr.ts';

const BACKLOG = 4096;
const int = (value: number) => {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32LE(value);
  return bytes;
};

/** Closes these sockets, and forgets each before: a close(2) that fails has freed the descriptor all the same. */
async function closeSockets(k: Kernel, live: PortsLive, which: readonly PortSocket[]): Promise<void> {
  let failure: unknown;
  for (const one of which) {
    live.portSockets = live.portSockets?.filter((other) => other !== one) ?? [];
    await k.daemon.close(one.fd).catch((error: unknown) => (failure ??= error));
  }
  if (failure) throw failure;
}

async function bindOne(k: Kernel, live: PortsLive, port: PublishedPort): Promise<PortSocket> {
  const { hostIp, hostPort, protocol } = port;
  const type = protocol === 'udp' ? SOCK.SOCK_DGRAM : SOCK.SOCK_STREAM;
  const family = familyOf(hostIp);
  const fd = await k.daemon.socket(family, type | SOCK.SOCK_CLOEXEC, protocolNumbers[protocol]);
  const socket = { fd, port };
  live.portSockets = [...(live.portSockets ?? []), socket];
  // connections of an earlier container that are in TIME_WAIT do not keep the port; for UDP this would allow two owners
  if (protocol === 'tcp') await k.daemon.setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, int(1));
  if (family === AF.AF_INET6) await k.daemon.setsockopt(fd, IPPROTO.IPPROTO_IPV6, IPV6_V6ONLY, int(1));
  await k.run({
    actor: 'daemon',
    name: 'bind',
    args: [fd, sockaddr(hostIp, hostPort)],
    note: showHostPort(port),
  });
  if (protocol !== 'udp') await k.daemon.listen(fd, BACKLOG);
  return socket;
}

/**
 * Every address when none was named. A kernel without IPv6 has only one of the two, and without a proxy nothing leads
 * from IPv6 to a container that has none.
 */
const addressesOf = ({ hostIp }: PortRequest, both: boolean) =>
  hostIp ? [hostIp] : both ? ['0.0.0.0', '::'] : ['0.0.0.0'];
const lacksIpv6 = (error: unknown, { hostIp }: PublishedPort) =>
  hostIp === '::' && hasCode(error, 'EAFNOSUPPORT', 'EADDRNOTAVAIL');

class Taken extends Error {
  constructor(
    readonly port: PublishedPort,
    cause: unknown,
  ) {
    super(`${showHostPort(port)} cannot be taken`, { cause });
  }
}

/** The same port at each address, or none: throws Taken. */
async function bindAll(
  k: Kernel,
  { container: { live, settings }, endpoint }: Connection,
  request: PortRequest,
  hostPort: number,
): Promise<void> {
  const { port, protocol } = request;
  const before = new Set(live.portSockets);
  for (const hostIp of addressesOf(request, endpoint.ipv6 || (settings.userlandProxy ?? true))) {
    const published: PublishedPort = { port, protocol, hostIp, hostPort };
    try {
      await bindOne(k, live, published);
    } catch (error) {
      const last = live.portSockets?.at(-1);
      if (lacksIpv6(error, published) && request.hostIp === '') {
        if (last?.port === published) await closeSockets(k, live, [last]);
        continue;
      }
      await closeSockets(k, live, live.portSockets?.filter((one) => !before.has(one)) ?? []);
      throw new Taken(published, error);
    }
  }
}

const RANGE = '/proc/sys/net/ipv4/ip_local_port_range';
/** How many ports are tried when any will do. */
const TRIES = 64;
/** Where the next search begins, so that a port that was given back is not given away again at once. */
const searched = new Map<Protocol, number>();

async function* freePorts(k: Kernel, protocol: Protocol): AsyncGenerator<number> {
  const [first = 32768, last = 60999] = (await k.daemon.read_file(RANGE, 64))
    .toString()
    .trim()
    .split(/\s+/)
    .map(Number);
  let port = searched.get(protocol) ?? first;
  for (let tries = 0; tries < TRIES; tries++, port++) {
    if (port < first || port > last) port = first;
    searched.set(protocol, port + 1);
    yield port;
  }
}

/** The ports of the host to try, in order. The one of the last run comes first. */
async function* candidates(k: Kernel, request: PortRequest, before: number | undefined): AsyncGenerator<number> {
  const { first, last, protocol } = request;
  const fits = before !== undefined && (first === 0 || (before >= first && before <= last));
  if (fits) yield before;
  if (first === 0) yield* freePorts(k, protocol);
  else for (let port = first; port <= last; port++) if (!fits || port !== before) yield port;
}

async function take(k: Kernel, it: Connection, request: PortRequest, before: number | undefined): Promise<void> {
  let failed: Taken | undefined;
  for await (const hostPort of candidates(k, request, before)) {
    try {
      return await bindAll(k, it, request, hostPort);
    } catch (error) {
      if (!(error instanceof Taken)) throw error;
      failed = error;
      if (!hasCode(error.cause, 'EADDRINUSE')) break;
    }
  }
  throw failed
    ? await clashError(k, it, failed.port, failed.cause, request.first !== request.last || request.first === 0)
    : new Error('no port to try');
}

/** Takes every requested port, or fails with the first that cannot be taken; then the undo gives the others back. */
export async function bindPorts(k: Kernel, it: Connection): Promise<void> {
  const { container, endpoint } = it;
  const before = (endpoint.ports ?? []).slice();
  container.live.portSockets = [];
  for (const request of portRequests(container)) {
    const at = before.findIndex((port) => showPort(port) === showPort(request));
    const earlier = at < 0 ? undefined : before[at]?.hostPort;
    await take(k, it, request, earlier);
    // each address of one request has the same port of the host, so all of them are dealt with
    if (at >= 0)
      for (const one of before.filter((port) => port.hostPort === earlier)) before.splice(before.indexOf(one), 1);
  }
  endpoint.ports = (container.live.portSockets as PortSocket[]).map(({ port }) => port);
  k.fact(...endpoint.ports.map((port) => ({ kind: 'port' as const, key: showHostPort(port), value: showPort(port) })));
}

/**
 * The same ports once more, for a proxy that was killed: rules and clients know these numbers. Throws ApiError 409 when
 * a program has taken one meanwhile.
 */
export async function bindAgain(k: Kernel, it: Connection): Promise<void> {
  const { live } = it.container;
  live.portSockets = [];
  for (const port of it.endpoint.ports ?? []) {
    try {
      await bindOne(k, live, port);
    } catch (error) {
      await closePortSockets(k, live);
      throw await clashError(k, it, port, error, false);
    }
  }
}

/** The daemon's own descriptors. After the proxy was started, it has the ports alone. */
export async function closePortSockets(k: Kernel, live: PortsLive): Promise<void> {
  await closeSockets(k, live, live.portSockets ?? []);
}

export async function releasePorts(k: Kernel, { container, endpoint }: Connection): Promise<void> {
  await closePortSockets(k, container.live);
  k.fact(...(endpoint.ports ?? []).map((port) => ({ kind: 'port' as const, key: showHostPort(port), value: null })));
}
