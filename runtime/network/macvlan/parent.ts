/**
 * The parent of a macvlan or ipvlan network: a link of the host, to which the containers' links are added.
 *
 *   -o parent=eth0       a link that is there; Drydock leaves it as it is
 *   -o parent=eth0.10    a VLAN sub-interface, made if it is missing
 *   none, or --internal  a dummy link, which leads nowhere
 *
 * What Drydock made has this alias, so that it is removed with the network, also by a later daemon.
 */
import { NETLINK_ROUTE } from '../../syscalls/constants.ts';
import { ApiError, badParameter } from '../../errors/api-error.ts';
import type { InspectionSection } from '../../journal/inspection-section.ts';
import { hasCode } from '../../kernel/errors.ts';
import type { Kernel } from '../../kernel/kernel.ts';
import type { Fields } from '../../kernel/netlink/attribute.ts';
import { newLink, setLink, type Link } from '../../kernel/netlink/route/link.ts';
import { withNetlink, type NetlinkSocket } from '../../kernel/netlink/socket.ts';
import type { Network } from '../driver.ts';
import { findLink, removeLink } from '../links.ts';
import { askAll, show } from '../sandbox/evidence.ts';
import { vlanOf } from './modes.ts';

const ALIAS = 'drydock-parent';

/** The link's name, at most 15 bytes: the requested one, or one made from the network's id, as dockerd's. */
export const parentOf = ({ id, options }: Network): string => options?.parent ?? `dm-${id.slice(0, 12)}`;

/** What has to be made when the parent is not there. Throws ApiError 400 when nothing can be. */
async function missing(socket: NetlinkSocket, network: Network): Promise<Fields> {
  const name = parentOf(network);
  if (!network.options?.parent) return { ifname: name, linkinfo: { kind: 'dummy' } };
  const vlan = vlanOf(name);
  if (!vlan) throw badParameter(`invalid subinterface vlan name ${name}, example formatting is eth0.10`);
  const below = await findLink(socket, vlan.below);
  if (!below) throw badParameter(`-o parent interface was not found on the host: ${vlan.below}`);
  return { ifname: name, link: below.index, linkinfo: { kind: 'vlan', data: { id: vlan.id } } };
}

/** A kernel that was built without this kind of links. */
export function lacksKind(error: unknown, kind: string): unknown {
  if (!hasCode(error, 'EOPNOTSUPP')) return error;
  return new ApiError(500, `this kernel has no links of kind ${kind}`, { cause: error });
}

/** Makes the parent if it is missing and brings it up. */
export async function ensureParent(k: Kernel, network: Network): Promise<Link> {
  const name = parentOf(network);
  return withNetlink(k, NETLINK_ROUTE, async (socket) => {
    let link = await findLink(socket, name);
    const own = !link;
    if (!link) {
      const attributes = await missing(socket, network);
      const kind = String((attributes['linkinfo'] as Fields)['kind']);
      try {
        await socket.request(newLink(attributes));
      } catch (error) {
        if (!hasCode(error, 'EEXIST')) throw lacksKind(error, kind);
      }
      link = await findLink(socket, name);
      if (!link) throw new Error(`the link ${name} was deleted while it was made; start again`);
    }
    if (own || !link.up) await socket.request(setLink(link.index, own ? { ifalias: ALIAS } : {}, true));
    k.fact({ kind: 'link', key: `host/${name}`, value: `${link.kind || 'hardware'}, index ${link.index}, up` });
    return link;
  });
}

/** Removes the parent if Drydock made it. */
export async function removeParent(k: Kernel, network: Network): Promise<void> {
  const name = parentOf(network);
  const link = await withNetlink(k, NETLINK_ROUTE, (socket) => findLink(socket, name));
  if (link?.alias === ALIAS) await removeLink(k, name);
}

export const parentEvidence = (k: Kernel, network: Network): Promise<InspectionSection[]> =>
  withNetlink(k, NETLINK_ROUTE, async (socket) =>
    show('host', await askAll(socket), ({ name }) => name === parentOf(network)),
  );
