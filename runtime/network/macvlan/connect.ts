/** The work of the steps for an endpoint on a macvlan or ipvlan network; steps.ts explains them. */
import { NETLINK_ROUTE } from '../../syscalls/constants.ts';
import { tolerate } from '../../kernel/errors.ts';
import type { Kernel } from '../../kernel/kernel.ts';
import { deleteLink, newLink } from '../../kernel/netlink/route/link.ts';
import { withNetlink } from '../../kernel/netlink/socket.ts';
import { lease, PEER } from '../bridge/connect.ts';
import type { Connection } from '../driver.ts';
import { isSix } from '../ipam/family.ts';
import type { Subnet } from '../ipam/subnet.ts';
import { closeInside, inside, openFromOutside } from '../sandbox/inside.ts';
import type { Kind } from './modes.ts';
import { ensureParent, lacksKind } from './parent.ts';

export async function findParent(k: Kernel, { network }: Connection): Promise<void> {
  await ensureParent(k, network);
}

export async function takeAddress(k: Kernel, it: Connection): Promise<void> {
  const { subnet, subnet6, further = [] } = it.network;
  const ofFamily = (first: Subnet | undefined, six: boolean) =>
    first ? [first, ...further.filter(({ gateway }) => isSix(gateway) === six)] : [];
  await lease(k, it, ofFamily(subnet, false), ofFamily(subnet6, true));
}

/**
 * Makes the link in the container's namespace at once: the parent is named by its index in the host's. The parent's
 * hardware address is that of all ipvlan links on it.
 */
export const createLink =
  (kind: Kind) =>
  async (k: Kernel, { network, endpoint, container }: Connection): Promise<void> => {
    const parent = await ensureParent(k, network);
    const request = newLink({
      ifname: PEER,
      link: parent.index,
      ...(network.options?.mtu && { mtu: network.options.mtu }),
      linkinfo: { kind, data: { ...network.options?.linkData } },
      net_ns_pid: container.live.pid,
    });
    try {
      await withNetlink(k, NETLINK_ROUTE, (socket) => socket.request(request));
    } catch (error) {
      throw lacksKind(error, kind);
    }
    if (kind === 'ipvlan') Object.assign(endpoint, { mac: parent.mac });
    k.fact({ kind: 'link', key: `container/${PEER}`, value: `${kind} of ${parent.name}, down` });
  };

/**
 * Deletes the link inside a container that goes on running. At the end of a run, and when a start is undone, the kernel
 * deletes it with the namespace.
 */
export async function removeLinkInside(k: Kernel, { container, endpoint }: Connection): Promise<void> {
  if (!endpoint.moving || container.live.pidfd === undefined) return;
  const open = container.live.netlink !== undefined;
  const reached =
    open ||
    (await tolerate(
      ['ESRCH'],
      openFromOutside(k, container).then(() => true),
    ));
  if (!reached) return;
  try {
    for (const name of [PEER, endpoint.ifname ?? 'eth0'])
      await tolerate(['ENODEV'], inside(k, container).request(deleteLink(name)));
    k.fact({ kind: 'link', key: `container/${endpoint.ifname ?? 'eth0'}`, value: null });
  } finally {
    if (!open) await closeInside(k, container);
  }
}
