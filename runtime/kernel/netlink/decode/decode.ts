/** Decodes datagrams: for the journal, for a trace, for tests. */
import { NETLINK_NETFILTER, NETLINK_ROUTE } from '../../../syscalls/constants.ts';
import { decodeAck } from '../failure.ts';
import { decodeMessage, messagesIn, NLMSG_DONE, NLMSG_ERROR, type Decoded, type Kind } from '../message.ts';
import { conntrackKinds } from '../conntrack/flow.ts';
import { batchKinds } from '../nftables/batch.ts';
import { chainKinds } from '../nftables/chain.ts';
import { ruleKinds } from '../nftables/rule.ts';
import { tableKinds } from '../nftables/table.ts';
import { traceKinds } from '../nftables/trace.ts';
import { addressKinds } from '../route/address.ts';
import { linkKinds } from '../route/link.ts';
import { neighbourKinds } from '../route/neighbour.ts';
import { routeKinds } from '../route/route.ts';
import { showMessage } from '../show.ts';

const byType = (...kinds: Kind[][]) => new Map(kinds.flat().map((kind) => [kind.type, kind]));
const protocols: Record<number, Map<number, Kind>> = {
  [NETLINK_ROUTE]: byType(linkKinds, addressKinds, routeKinds, neighbourKinds),
  [NETLINK_NETFILTER]: byType(batchKinds, tableKinds, chainKinds, ruleKinds, traceKinds, conntrackKinds),
};

/** The messages of the kinds that the protocol's table knows. Throws MalformedMessage. */
export function decodeDatagram(protocol: number, bytes: Buffer): Decoded[] {
  const kinds = protocols[protocol];
  return [...messagesIn(bytes)].flatMap((message) => {
    const kind = message.type === NLMSG_ERROR ? undefined : kinds?.get(message.type);
    return kind ? [decodeMessage(kind, message)] : [];
  });
}

/** All messages as text; a message of an unknown kind is shown by its number. Throws MalformedMessage. */
export function showDatagram(protocol: number, bytes: Buffer): string {
  const kinds = protocols[protocol];
  const words = [...messagesIn(bytes)].map((message) => {
    if (message.type === NLMSG_DONE) return 'NLMSG_DONE';
    if (message.type === NLMSG_ERROR) {
      const { errno, extended } = decodeAck(message);
      return `NLMSG_ERROR {error ${-errno}${extended ? `, msg ${JSON.stringify(extended)}` : ''}}`;
    }
    const kind = kinds?.get(message.type);
    return kind ? showMessage(decodeMessage(kind, message)) : `message of type 0x${message.type.toString(16)}`;
  });
  return words.join('; ');
}
