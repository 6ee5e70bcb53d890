/** A network namespace that a packet passes: the host's, or a container's. */
import { readlinkSync } from 'node:fs';
import { AF, NETLINK_NETFILTER, NETLINK_ROUTE, SOCK } from '../../syscalls/constants.ts';
import type { Kernel } from '../../kernel/kernel.ts';
import { NetlinkSocket } from '../../kernel/netlink/socket.ts';
import type { Connected } from '../driver.ts';

/** fcntl(2) */
const F_DUPFD_CLOEXEC = 1030;

export interface Place {
  /** 'host', or the container's name */
  name: string;
  /** a process in it */
  pid: number;
  /** a descriptor of its own; absent for the namespace of the daemon */
  pidfd?: number;
  /** 'net:[4026531840]': two containers may have one */
  netns: string;
  container?: Connected;
}

const netnsOf = (pid: number | 'self') => readlinkSync(`/proc/${pid}/ns/net`);

export const hostPlace = (): Place => ({ name: 'host', pid: process.pid, netns: netnsOf('self') });

/**
 * Undefined for a container that does not run. The pidfd is a copy, because the container may end meanwhile, its
 * descriptor is closed then, and the number may be another file's.
 */
export async function containerPlace(k: Kernel, container: Connected): Promise<Place | undefined> {
  const { pid, pidfd } = container.live;
  if (pid === undefined || pidfd === undefined) return undefined;
  const own = await k.daemon.fcntl(pidfd, F_DUPFD_CLOEXEC, 0);
  try {
    return { name: container.name, pid, pidfd: own, netns: netnsOf(pid), container };
  } catch {
    await k.daemon.close(own);
    return undefined; // it has ended
  }
}

export async function leavePlace(k: Kernel, { pidfd }: Place): Promise<void> {
  if (pidfd !== undefined) await k.daemon.close(pidfd);
}

/** A socket that stays in that namespace. The caller closes it. */
export const socketIn = (
  k: Kernel,
  { pidfd }: Place,
  domain: number,
  type: number,
  protocol: number,
): Promise<number> =>
  pidfd === undefined
    ? k.daemon.socket(domain, type | SOCK.SOCK_CLOEXEC, protocol)
    : k.daemon.socket_in(pidfd, domain, type | SOCK.SOCK_CLOEXEC, protocol);

/** A netfilter socket is closed in another thread, because close(2) takes 10 ms: kernel/linux/netfilter-sockets.ts. */
export async function closeNetlink(k: Kernel, fd: number, protocol: number): Promise<void> {
  if (protocol === NETLINK_NETFILTER) k.returnNetfilter(fd, false);
  else await k.daemon.close(fd);
}

export async function netlinkIn<T>(
  k: Kernel,
  place: Place,
  protocol: typeof NETLINK_ROUTE | typeof NETLINK_NETFILTER,
  use: (socket: NetlinkSocket) => Promise<T>,
): Promise<T> {
  const fd = await socketIn(k, place, AF.AF_NETLINK, SOCK.SOCK_RAW, protocol);
  try {
    return await use(await new NetlinkSocket(k, fd).explained());
  } finally {
    await closeNetlink(k, fd, protocol);
  }
}
