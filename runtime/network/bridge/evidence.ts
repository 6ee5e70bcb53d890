/** What the host's kernel has for an endpoint on a bridge: links, addresses, rules, forwarding. */
import { NETLINK_ROUTE } from '../../syscalls/constants.ts';
import type { InspectionSection } from '../../journal/inspection-section.ts';
import type { Kernel } from '../../kernel/kernel.ts';
import { withNetlink } from '../../kernel/netlink/socket.ts';
import type { Connection } from '../driver.ts';
import { askAll, show } from '../sandbox/evidence.ts';
import { hostLinkOf } from './connect.ts';
import { forwardingNow } from './forwarding.ts';
import { ruleSections } from './rules.ts';

/** The bridge, and the host's end of the container's link on it. */
export const hostEvidence = (k: Kernel, it: Connection): Promise<InspectionSection[]> =>
  withNetlink(k, NETLINK_ROUTE, async (socket) =>
    show('host', await askAll(socket), ({ name }) => name === it.network.bridge || name === hostLinkOf(it)),
  );

export async function ruleEvidence(k: Kernel, { network: { bridge } }: Connection): Promise<InspectionSection[]> {
  return ruleSections(k, bridge);
}

export async function forwardingEvidence(k: Kernel, it: Connection): Promise<InspectionSection[]> {
  return [
    ...(await ruleEvidence(k, it)),
    { title: 'net.ipv4.ip_forward', lines: [(await forwardingNow(k)) ? '1' : '0'] },
  ];
}
