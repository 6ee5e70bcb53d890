/** An address of this host that another machine would use. */
import { NETLINK_ROUTE } from '../../syscalls/constants.ts';
import type { Kernel } from '../../kernel/kernel.ts';
import { addressOf, dumpAddresses } from '../../kernel/netlink/route/address.ts';
import { withNetlink } from '../../kernel/netlink/socket.ts';
import type { Known } from './known.ts';

/** `published`: the address on which a port is published, or that of every address. */
export async function hostAddress(k: Kernel, known: Known, published = '0.0.0.0'): Promise<string> {
  const all = (await withNetlink(k, NETLINK_ROUTE, (socket) => socket.dump(...dumpAddresses))).map(addressOf);
  const own = all.map(({ address }) => address).filter((address) => !address.startsWith('127.'));
  if (own.includes(published)) return published;
  // the host's addresses on the networks of containers come last
  const gateways = new Set(
    known.flatMap(({ container }) => container.endpoints.flatMap(({ gateway }) => gateway ?? [])),
  );
  return own.find((address) => !gateways.has(address)) ?? own[0] ?? '127.0.0.1';
}
