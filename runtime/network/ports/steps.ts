/** The steps that publish a container's ports on the host. */
import { defaultRouteOf } from '../default-route.ts';
import type { Connection, EndpointStep } from '../driver.ts';
import type { Endpoint } from '../endpoint.ts';
import { bindPorts, releasePorts } from './bind.ts';
import { proxyEvidence, ruleEvidence, socketEvidence } from './evidence.ts';
import { startProxy } from './proxy.ts';
import { endProxy } from './proxy-process.ts';
import { routeLoopback } from './loopback.ts';
import { portRequests } from './request.ts';
import { publish, unpublish } from './rules.ts';

/**
 * The endpoint that publishes: only one can, because a port of the host leads to one address. It is the one that had
 * them before, otherwise the one with the default route, by which the answers leave. Undefined when no network has a
 * way out.
 */
function publisher(endpoints: readonly Endpoint[]): Endpoint | undefined {
  const bridges = endpoints.filter(({ driver, internal }) => driver === 'bridge' && !internal);
  return bridges.find(({ ports }) => ports !== undefined) ?? defaultRouteOf(bridges);
}

function publishes({ container, endpoint }: Connection): boolean {
  if (publisher(container.endpoints) !== endpoint) return false;
  return Boolean(endpoint.ports?.length) || portRequests(container).length > 0;
}

const bind: EndpointStep = {
  id: 'network.bind-ports',
  title: "Take the host's ports",
  when: publishes,
  explain: `The daemon binds a socket to each published port, on each address it was published for, and listens on it.

A port belongs to one socket. bind(2) either gets it or fails with \`EADDRINUSE\`, and then nothing else of this start has to be undone on the way to a clear
error: which port, and who has it. Without a socket a rule could rewrite packets for a port that another program also serves, and which of the two gets a
connection would depend on where it comes from. Without an address given, both 0.0.0.0 and [::] are bound, with the same port. See bind(2), ip(7), ipv6(7).`,
  do: bindPorts,
  undo: releasePorts,
  inspect: socketEvidence,
};

const rewrite: EndpointStep = {
  id: 'network.rewrite-ports',
  title: 'Lead the ports to the container',
  when: publishes,
  explain: `Rules rewrite the destination of packets that come in for a published port: from the host's address and port to the container's (DNAT).

They stand at the prerouting hook, before the kernel decides where a packet goes, so it is then forwarded like any other; at the output hook for
programs of the host that use another address than 127.0.0.1. Only the first packet of a connection is compared with them: connection tracking remembers the
answer and turns the replies back. Everything else that is sent to the container's address from outside is dropped by the bridge's forward chain, so only what was
published is reachable. See nft(8), "NAT STATEMENTS", conntrack(8).`,
  do: publish,
  undo: unpublish,
  inspect: ruleEvidence,
};

const proxy: EndpointStep = {
  id: 'network.start-proxy',
  title: 'Start the port proxy',
  when: publishes,
  explain: `One small process holds the sockets of all published ports of this container and passes on what the rules do not reach.

That is what programs of the host send to 127.0.0.1 and ::1, which the kernel does not route to another link, and what containers of the same bridge
send to the host's address. splice(2) moves the bytes from socket to socket without copying them. The process stays on the host, so the container sees the bridge's
address as its peer, and never its own or 127.0.0.1, which servers often trust. It lives on when the daemon ends, and ends with the container's first process.
See splice(2), epoll(7), pidfd_open(2).`,
  do: startProxy,
  undo: (k, { container }) => endProxy(k, container),
  inspect: proxyEvidence,
};

const loopback: EndpointStep = {
  id: 'network.route-loopback',
  title: 'Lead the loopback to the bridge',
  when: (it) => it.container.settings.userlandProxy === false && publishes(it),
  explain: `Without a proxy the rules also have to lead what programs of the host send to 127.0.0.1 to the container.

The kernel does not route packets from or to 127.0.0.0/8 over a link, unless route_localnet of that link is 1. It is set for the bridge; so that no container can
now use it to reach services of the host that listen on 127.0.0.1 only, a chain at the first hook drops what comes from the bridge for such addresses. The
source is replaced by the bridge's address, or the answer would be sent to the container's own loopback. See ip(7), Linux Documentation/networking/ip-sysctl.rst.`,
  do: routeLoopback,
  inspect: ruleEvidence,
};

export const publishing: readonly EndpointStep[] = [bind, loopback, rewrite, proxy];

export const unpublishing: readonly EndpointStep[] = [
  {
    id: 'disconnect.unpublish',
    title: "Give the host's ports back",
    when: publishes,
    explain: `The chains with this container's rules are deleted, and its proxy is ended; with it go the sockets, and the ports are free.

Connections that the kernel had rewritten are not cut off by this: they end because the container's address is gone. See nft(8).`,
    async do(k, it) {
      await unpublish(k, it);
      await endProxy(k, it.container);
      k.fact({ kind: 'process', key: 'port-proxy', value: null });
      await releasePorts(k, it);
    },
  },
];
