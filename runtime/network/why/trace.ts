/**
 * Follows the packets of one flow in one network namespace:
 *
 *   table ip drydock-why-PID                    or ip6; belongs to a socket, so it is gone with the daemon
 *     chain prerouting, output  priority -350   before all others, also before raw
 *       tcp sport P tcp dport Q meta nftrace set 1
 *
 * A second socket gets what the kernel reports of them (kernel/netlink/nftables/trace.ts).
 */
import { AF, NETLINK_NETFILTER, SOCK } from '../../syscalls/constants.ts';
import { hasCode, tolerate } from '../../kernel/errors.ts';
import type { Kernel } from '../../kernel/kernel.ts';
import { decodeMessage, messagesIn } from '../../kernel/netlink/message.ts';
import { inOneBatch } from '../../kernel/netlink/nftables/batch.ts';
import { NF_INET, newChain } from '../../kernel/netlink/nftables/chain.ts';
import { newRule } from '../../kernel/netlink/nftables/rule.ts';
import { deleteTable, dumpTables, newOwnedTable, newTable, tableNameOf } from '../../kernel/netlink/nftables/table.ts';
import {
  NFNLGRP_NFTRACE,
  TCP_FLAGS,
  traceEventOf,
  traceKinds,
  type TracedPacket,
  type TraceEvent,
} from '../../kernel/netlink/nftables/trace.ts';
import { groupAddress } from '../../kernel/netlink/options.ts';
import { NetlinkSocket } from '../../kernel/netlink/socket.ts';
import { traceRules, type ProbeFlow } from './flow.ts';
import { closeNetlink, socketIn, type Place } from './place.ts';

const PREFIX = 'drydock-why-';
const PRIORITY = -350;
const MSG_DONTWAIT = 0x40;
const DATAGRAM = 16 * 1024;
/** More are not kept: a flow of two packets meets some dozens of rules. */
const MOST = 2000;

/** An event with its packet: the kernel sends that only with the first event of each chain. */
export interface Traced extends TraceEvent {
  place: Place;
  packet: TracedPacket;
}

/** The daemon's own table; on a kernel before 5.12 one that a killed daemon has left is deleted by the next. */
async function install(socket: NetlinkSocket, table: string, flow: ProbeFlow): Promise<void> {
  const chains = [
    ['prerouting', NF_INET.NF_INET_PRE_ROUTING],
    ['output', NF_INET.NF_INET_LOCAL_OUT],
  ] as const;
  const { family } = flow;
  const rest = chains.flatMap(([name, hooknum]) => [
    newChain({ family, table, name, type: 'filter', hooknum, priority: PRIORITY }),
    ...traceRules(flow).map((rule) => newRule(table, name, rule, undefined, family)),
  ]);
  try {
    await socket.transaction(inOneBatch([newOwnedTable(table, family), ...rest]));
  } catch (error) {
    if (!hasCode(error, 'EINVAL', 'EOPNOTSUPP')) throw error;
    await socket.transaction(inOneBatch([newTable(table, family), ...rest]));
  }
}

const alive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return hasCode(error, 'EPERM');
  }
};
/** Deletes what killed daemons have left: on kernels without NFT_TABLE_F_OWNER only. */
async function sweep(socket: NetlinkSocket, family: ProbeFlow['family']): Promise<void> {
  const names = (await socket.dump(...dumpTables(family))).map(tableNameOf);
  for (const name of names) {
    const pid = name.startsWith(PREFIX) ? Number(name.slice(PREFIX.length)) : 0;
    if (pid > 0 && (pid === process.pid || !alive(pid)))
      await tolerate(['ENOENT', 'EPERM'], socket.transaction(inOneBatch([deleteTable(name, family)])));
  }
}

export class Trace {
  readonly events: Traced[] = [];
  readonly #packets = new Map<number, TracedPacket>();
  readonly #table = `${PREFIX}${process.pid}`;
  #rules: number | undefined;
  #group: number | undefined;
  #unwatch: (() => void) | undefined;

  private constructor(
    private readonly k: Kernel,
    readonly place: Place,
    private readonly flow: ProbeFlow,
  ) {}

  /** Throws NetlinkError: the kernel has no nf_tables, for instance. Nothing is left then. */
  static async open(k: Kernel, place: Place, flow: ProbeFlow): Promise<Trace> {
    const trace = new Trace(k, place, flow);
    try {
      await trace.#open();
      return trace;
    } catch (error) {
      await trace.close();
      throw error;
    }
  }

  async #open(): Promise<void> {
    const { k, place, flow } = this;
    this.#group = await socketIn(k, place, AF.AF_NETLINK, SOCK.SOCK_RAW, NETLINK_NETFILTER);
    await k.daemon.bind(this.#group, groupAddress(NFNLGRP_NFTRACE));
    this.#unwatch = k.readable(this.#group, () => void this.drain().catch(() => undefined));
    this.#rules = await socketIn(k, place, AF.AF_NETLINK, SOCK.SOCK_RAW, NETLINK_NETFILTER);
    const socket = await new NetlinkSocket(k, this.#rules).explained();
    for (const family of ['ip', 'ip6'] as const) await sweep(socket, family);
    await install(socket, this.#table, flow);
  }

  /** Reads what the kernel has reported until now. */
  async drain(): Promise<void> {
    while (this.#group !== undefined && this.events.length < MOST) {
      const answer = await tolerate(
        ['EAGAIN', 'ENOBUFS'],
        this.k.run({ actor: 'daemon', name: 'recvfrom', args: [this.#group, DATAGRAM, MSG_DONTWAIT] }),
      );
      if (!answer?.ret) return;
      this.#read(answer.out.subarray(0, answer.ret));
    }
  }

  #read(bytes: Buffer): void {
    const [kind] = traceKinds;
    for (const message of messagesIn(bytes)) {
      const event = message.type === kind!.type ? traceEventOf(decodeMessage(kind!, message)) : undefined;
      if (!event) continue;
      const packet = event.packet ?? this.#packets.get(event.id);
      if (!packet) continue;
      this.#packets.set(event.id, packet);
      // without a handle it is the end of a chain, which newer kernels report like a rule
      if (event.type !== 'rule' || event.handle !== 0n) this.events.push({ ...event, place: this.place, packet });
    }
  }

  readonly isOwn = ({ table }: TraceEvent): boolean => table === this.#table;

  /** Removes the rules. It never throws: with the sockets the table goes in any case. */
  async close(): Promise<void> {
    this.#unwatch?.();
    const [rules, group] = [this.#rules, this.#group];
    this.#rules = this.#group = this.#unwatch = undefined;
    if (rules !== undefined) {
      const gone = new NetlinkSocket(this.k, rules).transaction(
        inOneBatch([deleteTable(this.#table, this.flow.family)]),
      );
      await gone.catch(() => undefined);
      await closeNetlink(this.k, rules, NETLINK_NETFILTER);
    }
    if (group !== undefined) await closeNetlink(this.k, group, NETLINK_NETFILTER);
  }
}

/** Whether the packet is one of those that the probe sends, and not one of the answer. */
export const isForward = ({ from }: ProbeFlow, { packet }: Traced): boolean => packet.sourcePort === from;
/** A SYN alone, or the datagram. */
export const isFirst = ({ protocol }: ProbeFlow, { packet: { flags } }: Traced): boolean =>
  protocol === 'udp' || (flags & (TCP_FLAGS.SYN | TCP_FLAGS.ACK)) === TCP_FLAGS.SYN;
export const isReset = ({ packet }: Traced): boolean => (packet.flags & TCP_FLAGS.RST) !== 0;
export const isDrop = ({ verdict, type }: Traced): boolean => verdict === 'drop' && type !== 'return';
