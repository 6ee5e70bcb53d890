/** The one flow of a probe, and the rules that make the kernel report its packets. */
import type { Fields } from '../../kernel/netlink/attribute.ts';
import { destinationPort, sourcePort, traceOn } from '../../kernel/netlink/nftables/expressions.ts';
import type { Family } from '../../kernel/netlink/nftables/nfgenmsg.ts';
import { protocolNumbers } from '../ports/protocol-numbers.ts';
import type { Transport } from './target.ts';

export interface ProbeFlow {
  protocol: Transport;
  /** the kind of the table that sees its packets */
  family: Extract<Family, 'ip' | 'ip6'>;
  /** the port from which the probe is sent */
  from: number;
  /** the port to which it is sent, and the one to which a rule may rewrite that */
  to: readonly number[];
}

/** By ports alone: addresses are rewritten on the way. */
export function traceRules({ protocol, from, to }: ProbeFlow): Fields[][] {
  const number = protocolNumbers[protocol];
  return [...new Set(to)].flatMap((port) => [
    [...sourcePort(number, from), ...destinationPort(number, port), ...traceOn],
    [...sourcePort(number, port), ...destinationPort(number, from), ...traceOn],
  ]);
}
