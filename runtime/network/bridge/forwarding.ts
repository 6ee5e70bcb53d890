/**
 * Whether the host forwards packets between links: net.ipv4.ip_forward, and net.ipv6.conf.all.forwarding for networks
 * with IPv6. Containers need it to reach other machines.
 */
import { NETLINK_ROUTE } from '../../syscalls/constants.ts';
import type { Kernel } from '../../kernel/kernel.ts';
import { dumpLinks, linkOf, setLink } from '../../kernel/netlink/route/link.ts';
import { withNetlink } from '../../kernel/netlink/socket.ts';
import { findLink } from '../links.ts';
import { ALIAS } from './bridge.ts';

const switches = {
  'net.ipv4.ip_forward': '/proc/sys/net/ipv4/ip_forward',
  'net.ipv6.conf.all.forwarding': '/proc/sys/net/ipv6/conf/all/forwarding',
} as const;
type Switch = keyof typeof switches;
const names = Object.keys(switches) as Switch[];

/**
 * The alias of the bridge records what was off before: 'drydock: net.ipv4.ip_forward was 0'. It exists exactly as long
 * as it is needed, also after a reboot, and a second daemon on the same host can see it.
 */
const aliasOf = (off: ReadonlySet<Switch>): string =>
  off.size ? `${ALIAS}: ${[...off].map((name) => `${name} was 0`).join(', ')}` : ALIAS;
const recordedIn = (alias: string): Set<Switch> => new Set(names.filter((name) => alias.includes(`${name} was 0`)));
const isOurs = (alias: string) => alias === ALIAS || alias.startsWith(`${ALIAS}: `);

const isOn = async (k: Kernel, name: Switch): Promise<boolean> =>
  (await k.daemon.read_file(switches[name], 16)).toString().trim() === '1';
const set = (k: Kernel, name: Switch, value: '0' | '1') =>
  k.daemon.write_file(switches[name], 0, 0, Buffer.from(value));
export const forwardingNow = (k: Kernel): Promise<boolean> => isOn(k, 'net.ipv4.ip_forward');

/** `six`: for IPv6, too. */
export async function enableForwarding(k: Kernel, bridge: string, six = false): Promise<void> {
  for (const name of six ? names : names.slice(0, 1)) {
    if (await isOn(k, name)) continue;
    await withNetlink(k, NETLINK_ROUTE, async (socket) => {
      const before = six ? recordedIn((await findLink(socket, bridge))?.alias ?? '') : [];
      await socket.request(setLink(bridge, { ifalias: aliasOf(new Set([...before, name])) }));
    });
    await set(k, name, '1');
  }
}

/**
 * Call this before `bridge` is deleted. Another bridge of Drydock takes over the record; when there is none, forwarding
 * is switched off again. It stays on when it was on before Drydock.
 */
export async function restoreForwarding(k: Kernel, bridge: string): Promise<void> {
  await withNetlink(k, NETLINK_ROUTE, async (socket) => {
    const ours = (await socket.dump(...dumpLinks)).map(linkOf).filter(({ alias }) => isOurs(alias));
    const own = ours.find((link) => link.name === bridge && link.alias !== ALIAS);
    if (!own) return;
    const recorded = recordedIn(own.alias);
    const heir = ours.find((link) => link.name !== bridge);
    if (heir)
      await socket.request(
        setLink(heir.index, { ifalias: aliasOf(new Set([...recordedIn(heir.alias), ...recorded])) }),
      );
    else for (const name of recorded) await set(k, name, '0');
    // a bridge that a user made stays
    await socket.request(setLink(own.index, { ifalias: '' }));
  });
}
