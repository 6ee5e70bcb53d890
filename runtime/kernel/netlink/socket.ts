/**
 * A netlink socket, with the three forms of exchange:
 *
 *   request   -- message, NLM_F_ACK -->      <-- NLMSG_ERROR with 0 or -errno
 *   get       -- message -->                 <-- one message, or NLMSG_ERROR
 *   dump      -- message, NLM_F_DUMP -->     <-- messages … NLMSG_DONE
 *
 * The kernel handles the message within sendto(2). The reply is queued when sendto(2) returns, so nothing here waits.
 */
import { AF, NETLINK_NETFILTER, NETLINK_ROUTE, SOCK } from '../../syscalls/constants.ts';
import type { Kernel } from '../kernel.ts';
import { asked, asking } from '../../syscalls/call-site.ts';
import { decodeAck, NetlinkError } from './failure.ts';
import { MalformedMessage } from './malformed.ts';
import {
  decodeMessage,
  encodeMessage,
  messagesIn,
  NLM_F,
  NLMSG_DONE,
  NLMSG_ERROR,
  type Decoded,
  type Message,
  type Request,
} from './message.ts';
import { NETLINK_EXT_ACK, NETLINK_GET_STRICT_CHK, SOL_NETLINK } from './options.ts';
import { showMessage, showMessages } from './show.ts';

const MSG_TRUNC = 0x20;
const MSG_DONTWAIT = 0x40;
/** The kernel sends datagrams of at most 32 KiB. */
const DATAGRAM = 32 * 1024;
/** A limit, so that a dump ends in any case. */
const MAX_DATAGRAMS = 4096;

let last = 0;
const nextSeq = () => (last = (last + 1) >>> 0);

export class NetlinkSocket {
  constructor(
    private readonly k: Kernel,
    readonly fd: number,
  ) {}

  /** Opens a socket in the daemon's network namespace. The caller closes it. */
  static async open(k: Kernel, protocol: typeof NETLINK_ROUTE | typeof NETLINK_NETFILTER): Promise<NetlinkSocket> {
    const source = asked();
    const fd = await asking(source, k.daemon).socket(AF.AF_NETLINK, SOCK.SOCK_RAW | SOCK.SOCK_CLOEXEC, protocol);
    try {
      return await asking(source, new NetlinkSocket(k, fd)).explained();
    } catch (error) {
      await asking(source, k.daemon).close(fd);
      throw error;
    }
  }

  /** NETLINK_EXT_ACK: the kernel adds a text to the errno with which it rejects a message. */
  async explained(): Promise<this> {
    await this.#option(NETLINK_EXT_ACK, 'NETLINK_EXT_ACK');
    return this;
  }

  /** NETLINK_GET_STRICT_CHK: the kernel obeys the filter in a dump's request. */
  strict(): Promise<void> {
    return this.#option(NETLINK_GET_STRICT_CHK, 'NETLINK_GET_STRICT_CHK');
  }

  async #option(option: number, note: string): Promise<void> {
    await this.k.run({
      actor: 'daemon',
      name: 'setsockopt',
      args: [this.fd, SOL_NETLINK, option, Buffer.from([1, 0, 0, 0])],
      note,
      source: asked(),
    });
  }

  async close(): Promise<void> {
    await this.k.daemon.close(this.fd);
  }

  /** Sends one message and waits for the acknowledgement. Throws NetlinkError with the kernel's errno. */
  async request(request: Request): Promise<void> {
    await this.transaction([{ ...request, flags: (request.flags ?? 0) | NLM_F.NLM_F_ACK }]);
  }

  /** Sends all in one datagram. Resolves when the last message with NLM_F_ACK is acknowledged. Throws NetlinkError. */
  async transaction(requests: readonly Request[]): Promise<void> {
    const source = asked();
    const seqs = requests.map(nextSeq);
    const [first, end] = [seqs[0]!, seqs.at(-1)!];
    const acked = seqs[requests.findLastIndex((r) => (r.flags ?? 0) & NLM_F.NLM_F_ACK)];
    await this.#send(Buffer.concat(requests.map((r, j) => encodeMessage(r, seqs[j]!))), showMessages(requests), source);
    for await (const message of this.#receive(first, end, source)) {
      if (message.type !== NLMSG_ERROR) continue;
      this.#check(message, requests[message.seq - first]!);
      if (message.seq === acked) return;
    }
  }

  /** Gets one object. Throws NetlinkError (ENODEV, ENOENT) when there is none. */
  async get(request: Request, answer: Request['kind']): Promise<Decoded> {
    for await (const message of this.#ask(request, asked())) {
      if (message.type === NLMSG_ERROR) this.#check(message, request);
      if (message.type === answer.type) return decodeMessage(answer, message);
    }
    throw new MalformedMessage(`no ${answer.name} came back`);
  }

  /** Gets all objects. Repeats a dump that the kernel marks as inconsistent because of a change (NLM_F_DUMP_INTR). */
  async dump(request: Request, answer: Request['kind']): Promise<Decoded[]> {
    const source = asked();
    for (let attempt = 0; ; attempt++) {
      const found: Decoded[] = [];
      let torn = false;
      for await (const message of this.#ask({ ...request, flags: (request.flags ?? 0) | NLM_F.NLM_F_DUMP }, source)) {
        torn ||= (message.flags & NLM_F.NLM_F_DUMP_INTR) !== 0;
        if (message.type === NLMSG_ERROR) this.#check(message, request);
        if (message.type === NLMSG_DONE) {
          this.#checkDone(message, request);
          break;
        }
        if (message.type === answer.type) found.push(decodeMessage(answer, message));
      }
      if (!torn || attempt === 3) return found;
    }
  }

  async *#ask(request: Request, source: string | undefined): AsyncGenerator<Message> {
    const seq = nextSeq();
    await this.#send(encodeMessage(request, seq), showMessage(request), source);
    yield* this.#receive(seq, seq, source);
  }

  async #send(bytes: Buffer, note: string, source: string | undefined): Promise<void> {
    await this.k.run({ actor: 'daemon', name: 'sendto', args: [this.fd, bytes, 0, null], note, source });
  }

  /** Yields the replies to the messages from `first` to `end`, until the caller leaves the loop. */
  async *#receive(first: number, end: number, source: string | undefined): AsyncGenerator<Message> {
    for (let count = 0; count < MAX_DATAGRAMS; count++) {
      const { ret, out } = await this.k.run({
        actor: 'daemon',
        name: 'recvfrom',
        args: [this.fd, DATAGRAM, MSG_DONTWAIT | MSG_TRUNC],
        source,
      });
      if (!ret || ret > out.length)
        throw new MalformedMessage(
          ret ? `a datagram of ${ret} bytes where ${out.length} have room` : 'an empty datagram',
        );
      for (const message of messagesIn(out.subarray(0, ret)))
        if (message.seq >= first && message.seq <= end) yield message;
    }
    throw new MalformedMessage(`more than ${MAX_DATAGRAMS} datagrams and no end`);
  }

  /** Throws NetlinkError for a dump that failed half way: NLMSG_DONE then holds the errno. */
  #checkDone({ body }: Message, request: Request): void {
    const code = body.length < 4 ? 0 : body.readInt32LE(0);
    if (code < 0) throw new NetlinkError(showMessage(request), -code, undefined);
  }

  #check(message: Message, request: Request): void {
    const { errno, extended } = decodeAck(message);
    if (errno) throw new NetlinkError(showMessage(request), errno, extended);
  }
}

/**
 * Uses a socket that no other caller has meanwhile, so replies for two containers never mix. A route socket is opened
 * and closed; a netfilter socket is one of the daemon's (linux/netfilter-sockets.ts).
 */
export async function withNetlink<T>(
  k: Kernel,
  protocol: typeof NETLINK_ROUTE | typeof NETLINK_NETFILTER,
  use: (socket: NetlinkSocket) => Promise<T>,
): Promise<T> {
  const source = asked();
  if (protocol === NETLINK_NETFILTER) return withNetfilter(k, use);
  const socket = await asking(source, NetlinkSocket).open(k, protocol);
  try {
    return await use(socket);
  } finally {
    await asking(source, socket).close();
  }
}

async function withNetfilter<T>(k: Kernel, use: (socket: NetlinkSocket) => Promise<T>): Promise<T> {
  const fd = await k.borrowNetfilter();
  let whole = false;
  try {
    const result = await use(new NetlinkSocket(k, fd));
    whole = true;
    return result;
  } finally {
    // after a failure replies may still be queued in it
    k.returnNetfilter(fd, whole);
  }
}
