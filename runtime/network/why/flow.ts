/** The one flow of a probe, and the rules that make the kernel report its packets. */
import type { Fields } from '../../kernel/netlink/attribute.ts';
import { destinationPort, sourcePort, traceOn } from '../../kernel/netlink/nftables/expressions.ts';

export const TCP = 6;

export interface ProbeFlow {
  /** the port from which the probe is sent */
  from: number;
  /** the port to which it is sent, and the one to which a rule may rewrite that */
  to: readonly number[];
}

/** By ports alone: addresses are rewritten on the way. */
export const traceRules = ({ from, to }: ProbeFlow): Fields[][] =>
  [...new Set(to)].flatMap((port) => [
    [...sourcePort(TCP, from), ...destinationPort(TCP, port), ...traceOn],
    [...sourcePort(TCP, port), ...destinationPort(TCP, from), ...traceOn],
  ]);
