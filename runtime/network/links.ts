/** Requests about links for the steps. A link that does not exist gives undefined, not an error. */
import { NETLINK_ROUTE } from '../syscalls/constants.ts';
import { hasCode, tolerate } from '../kernel/errors.ts';
import type { Kernel } from '../kernel/kernel.ts';
import type { NetlinkSocket } from '../kernel/netlink/socket.ts';
import { withNetlink } from '../kernel/netlink/socket.ts';
import { deleteLink, getLink, linkOf, setLink, type Link } from '../kernel/netlink/route/link.ts';

export async function findLink(socket: NetlinkSocket, which: number | string): Promise<Link | undefined> {
  try {
    return linkOf(await socket.get(...getLink(which)));
  } catch (error) {
    if (hasCode(error, 'ENODEV')) return undefined;
    throw error;
  }
}

/**
 * Deletes both ends of a pair. It takes tens of milliseconds, because the kernel waits until the link is not in use.
 */
export async function removeLink(k: Kernel, name: string): Promise<void> {
  await withNetlink(k, NETLINK_ROUTE, (socket) => tolerate(['ENODEV'], socket.request(deleteLink(name))));
  k.fact({ kind: 'link', key: `host/${name}`, value: null });
}

/**
 * Takes the link off the bridge and down, which is fast. The kernel deletes the pair when the container's namespace
 * ends.
 */
export async function detachLink(k: Kernel, name: string): Promise<void> {
  await withNetlink(k, NETLINK_ROUTE, (socket) =>
    tolerate(['ENODEV'], socket.request(setLink(name, { master: 0 }, false))),
  );
  k.fact({ kind: 'link', key: `host/${name}`, value: null });
}
