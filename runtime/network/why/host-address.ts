/** An address of this host that another machine would use. */
import { NETLINK_ROUTE } from '../../syscalls/constants.ts';
import type { Kernel } from '../../kernel/kernel.ts';
import { addressOf, dumpAddresses, dumpAddresses6 } from '../../kernel/netlink/route/address.ts';
import { withNetlink } from '../../kernel/netlink/socket.ts';
import { isSix } from '../ipam/family.ts';
import type { Known } from './known.ts';
import { isLoopback } from './listeners.ts';
import { isLinkLocal } from './target.ts';

/** `published`: the address on which a port is published, or that of every address of one of the families. */
export async function hostAddress(k: Kernel, known: Known, published = '0.0.0.0'): Promise<string> {
  const question = isSix(published) ? dumpAddresses6 : dumpAddresses;
  const all = (await withNetlink(k, NETLINK_ROUTE, (socket) => socket.dump(...question))).map(addressOf);
  const own = all.map(({ address }) => address).filter((address) => !isLoopback(address) && !isLinkLocal(address));
  if (own.includes(published)) return published;
  // the host's addresses on the networks of containers come last
  const gateways = new Set(
    known.flatMap(({ container }) =>
      container.endpoints.flatMap(({ gateway, gateway6 }) => [gateway ?? [], gateway6 ?? []].flat()),
    ),
  );
  return own.find((address) => !gateways.has(address)) ?? own[0] ?? (isSix(published) ? '::1' : '127.0.0.1');
}
