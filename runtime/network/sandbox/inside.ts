/**
 * Configures the container's network from outside:
 *
 *   stage (in the namespace)             daemon (in the host's)
 *   socket(AF_NETLINK) = 4
 *                             <-------   pidfd_getfd(pidfd, 4) = 23     the same open socket, now the daemon's
 *   close(4)
 *                                        sendto(23, RTM_…)              acts inside the container's namespace
 *
 * A netlink socket always belongs to the network namespace in which it was made: network_namespaces(7).
 */
import { AF, NETLINK_ROUTE, SOCK } from '../../syscalls/constants.ts';
import type { Kernel } from '../../kernel/kernel.ts';
import { NetlinkSocket } from '../../kernel/netlink/socket.ts';
import { setLink } from '../../kernel/netlink/route/link.ts';
import type { Connected } from '../driver.ts';

async function fetchSocket(k: Kernel, c: Connected): Promise<number> {
  const { pidfd } = c.live;
  if (pidfd === undefined)
    throw new Error(
      `container ${c.id.slice(0, 12)} has no process yet: its network namespace comes with the create phase`,
    );
  const theirs = await k.stage.socket(AF.AF_NETLINK, SOCK.SOCK_RAW | SOCK.SOCK_CLOEXEC, NETLINK_ROUTE);
  const ours = await k.daemon.pidfd_getfd(pidfd, theirs, 0);
  try {
    await k.stage.close(theirs);
  } catch (error) {
    await k.daemon.close(ours);
    throw error;
  }
  return ours;
}

export async function openInside(k: Kernel, c: Connected): Promise<void> {
  await closeInside(k, c);
  c.live.netlink = await fetchSocket(k, c);
  await inside(k, c).explained();
}

/** The same for a container whose program runs: there is no stage any more that could be asked. */
export async function openFromOutside(k: Kernel, c: Connected): Promise<void> {
  const { pidfd } = c.live;
  if (pidfd === undefined) throw new Error(`container ${c.id.slice(0, 12)} has no process`);
  await closeInside(k, c);
  c.live.netlink = await k.daemon.socket_in(pidfd, AF.AF_NETLINK, SOCK.SOCK_RAW | SOCK.SOCK_CLOEXEC, NETLINK_ROUTE);
  try {
    await inside(k, c).explained();
  } catch (error) {
    // an open socket would keep the namespace, and with it the links in it, after the container's end
    await closeInside(k, c);
    throw error;
  }
}

export function inside(k: Kernel, c: Connected): NetlinkSocket {
  if (c.live.netlink === undefined)
    throw new Error(
      `no netlink socket in the network namespace of container ${c.id.slice(0, 12)}: run network.open-netlink first`,
    );
  return new NetlinkSocket(k, c.live.netlink);
}

/** Sets lo up, the only link of a new network namespace. */
export async function bringLoopbackUp(k: Kernel, c: Connected): Promise<void> {
  await inside(k, c).request(setLink('lo', {}, true));
  k.fact(
    { kind: 'link', key: 'container/lo', value: 'loopback, up' },
    { kind: 'address', key: 'container/lo', value: '127.0.0.1/8' },
  );
}

/** Closes the socket; it is no error when none is open. */
export async function closeInside(k: Kernel, c: Connected): Promise<void> {
  const fd = c.live.netlink;
  delete c.live.netlink;
  if (fd !== undefined) await k.daemon.close(fd);
}

/** For an inspection while the stage still answers. */
export async function lookInside<T>(k: Kernel, c: Connected, look: (socket: NetlinkSocket) => Promise<T>): Promise<T> {
  const fd = await fetchSocket(k, c);
  try {
    return await look(new NetlinkSocket(k, fd));
  } finally {
    await k.daemon.close(fd);
  }
}
