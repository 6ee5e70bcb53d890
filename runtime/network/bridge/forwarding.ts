/** net.ipv4.ip_forward: whether the host forwards packets between links. Containers need it to reach other machines. */
import { NETLINK_ROUTE } from '../../syscalls/constants.ts';
import type { Kernel } from '../../kernel/kernel.ts';
import { dumpLinks, linkOf, setLink, type Link } from '../../kernel/netlink/route/link.ts';
import { withNetlink } from '../../kernel/netlink/socket.ts';
import { ALIAS } from './bridge.ts';

const IP_FORWARD = '/proc/sys/net/ipv4/ip_forward';
/**
 * The alias of the bridge records that forwarding was off before. It exists exactly as long as it is needed, also after
 * a reboot, and a second daemon on the same host can see it.
 */
const WAS_OFF = `${ALIAS}: net.ipv4.ip_forward was 0`;

export const forwardingNow = async (k: Kernel): Promise<boolean> =>
  (await k.daemon.read_file(IP_FORWARD, 16)).toString().trim() === '1';
const set = (k: Kernel, value: '0' | '1') => k.daemon.write_file(IP_FORWARD, 0, 0, Buffer.from(value));

export async function enableForwarding(k: Kernel, bridge: string): Promise<void> {
  if (await forwardingNow(k)) return;
  await withNetlink(k, NETLINK_ROUTE, (socket) => socket.request(setLink(bridge, { ifalias: WAS_OFF })));
  await set(k, '1');
}

/**
 * Call this before `bridge` is deleted. Another bridge of Drydock takes over the record; when there is none, forwarding
 * is switched off again. It stays on when it was on before Drydock.
 */
export async function restoreForwarding(k: Kernel, bridge: string): Promise<void> {
  await withNetlink(k, NETLINK_ROUTE, async (socket) => {
    const ours = (await socket.dump(...dumpLinks))
      .map(linkOf)
      .filter(({ alias }) => alias === ALIAS || alias === WAS_OFF);
    const remembers = ({ alias }: Link) => alias === WAS_OFF;
    const own = ours.find((link) => link.name === bridge && remembers(link));
    if (!own) return;
    const heir = ours.find((link) => link.name !== bridge);
    if (heir) await socket.request(setLink(heir.index, { ifalias: WAS_OFF }));
    else await set(k, '0');
    // a bridge that a user made stays
    await socket.request(setLink(own.index, { ifalias: '' }));
  });
}
