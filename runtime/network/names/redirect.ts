/**
 * Leads port 53 of 127.0.0.11 to the port of the name server, by rules in the container's network namespace. The server
 * does not bind port 53 itself, because a name server of the container's own could not bind 0.0.0.0:53 then. The rules
 * write ports into packets and need no connection tracking, which would keep an entry for each query.
 */
import { AF, NETLINK_NETFILTER, SOCK } from '../../syscalls/constants.ts';
import { tolerate } from '../../kernel/errors.ts';
import type { Kernel } from '../../kernel/kernel.ts';
import { inOneBatch } from '../../kernel/netlink/nftables/batch.ts';
import { NF_INET, NF_IP_PRI, newChain } from '../../kernel/netlink/nftables/chain.ts';
import {
  destinationIs,
  destinationPort,
  DPORT,
  sourceIn,
  sourcePort,
  SPORT,
  writePort,
} from '../../kernel/netlink/nftables/expressions.ts';
import { dumpRules, newRule, ruleOf } from '../../kernel/netlink/nftables/rule.ts';
import { showRule } from '../../kernel/netlink/nftables/show-rule.ts';
import { deleteTable, newTable } from '../../kernel/netlink/nftables/table.ts';
import { NetlinkSocket } from '../../kernel/netlink/socket.ts';
import type { InspectionSection } from '../../journal/inspection-section.ts';
import type { Connected } from '../driver.ts';

export const SERVER = '127.0.0.11';
const TABLE = 'drydock-names';
const CHAIN = 'output';
const DNS = 53;
const TCP = 6;
const UDP = 17;
const HOST = '255.255.255.255';

/**
 * Uses a netfilter socket in the container's network namespace. It is closed in another thread, because its close(2)
 * waits for a grace period of RCU: linux/netfilter-sockets.ts.
 */
async function withRules<T>(k: Kernel, c: Connected, use: (socket: NetlinkSocket) => Promise<T>): Promise<T> {
  const { pidfd } = c.live;
  if (pidfd === undefined) throw new Error(`container ${c.id.slice(0, 12)} has no process`);
  const type = SOCK.SOCK_RAW | SOCK.SOCK_CLOEXEC;
  const fd = await k.daemon.socket_in(pidfd, AF.AF_NETLINK, type, NETLINK_NETFILTER);
  try {
    return await use(await new NetlinkSocket(k, fd).explained());
  } finally {
    k.returnNetfilter(fd, false);
  }
}

export async function redirectNames(k: Kernel, c: Connected): Promise<void> {
  const port = c.live.namesPort;
  if (port === undefined) return; // an earlier endpoint has brought the server, and the rules
  const rules = ([UDP, TCP] as const).flatMap((protocol) => [
    [...destinationIs(SERVER), ...destinationPort(protocol, DNS), ...writePort(protocol, DPORT, port)],
    [...sourceIn(SERVER, HOST), ...sourcePort(protocol, port), ...writePort(protocol, SPORT, DNS)],
  ]);
  const chain = {
    table: TABLE,
    name: CHAIN,
    type: 'filter',
    hooknum: NF_INET.NF_INET_LOCAL_OUT,
    priority: NF_IP_PRI.NF_IP_PRI_MANGLE,
  } as const;
  // a server that was started again may have another port, and the first rule that fits would win
  const anew = [newTable(TABLE), deleteTable(TABLE), newTable(TABLE)];
  const changes = [...anew, newChain(chain), ...rules.map((rule) => newRule(TABLE, CHAIN, rule))];
  await withRules(k, c, (socket) => socket.transaction(inOneBatch(changes)));
  delete c.live.namesPort;
}

/** In a start that is undone the rules end with the container's network namespace. */
export async function removeRedirect(k: Kernel, c: Connected): Promise<void> {
  delete c.live.namesPort;
  if (c.live.pidfd === undefined) return;
  const gone = (socket: NetlinkSocket) => socket.transaction(inOneBatch([deleteTable(TABLE)]));
  await tolerate(['ENOENT', 'ESRCH', 'EBADF'], withRules(k, c, gone));
}

export async function redirectEvidence(k: Kernel, c: Connected): Promise<InspectionSection[]> {
  const found = await tolerate(
    ['ENOENT', 'ESRCH'],
    withRules(k, c, (socket) => socket.dump(...dumpRules(TABLE))),
  );
  const lines = (found ?? []).map(ruleOf).map(({ chain, expressions }) => `${chain}: ${showRule(expressions)}`);
  return [{ title: `nf_tables table ip ${TABLE} in the container's network namespace`, lines }];
}
