/**
 * The packets of a container, while a client looks: an AF_PACKET socket (packet(7)) on the host's end of its link.
 *
 *   eth0 ── veth ── bridge ── …
 *            └ all packets of this container and no others pass here, also those that the bridge forwards to another
 *              container, which the host does not receive. On the bridge itself that would need promiscuous mode, and
 *              would show the packets of all containers.
 *
 * The headers are sent to the page undecoded, so that the page decodes them, not root. A container that sends more than
 * can be shown is only sampled: a number of packets is read, then there is a pause, and the kernel drops what does not
 * fit into the socket's buffer.
 */
import { closeAsync } from '../kernel/close-async.ts';
import { AF, NETLINK_ROUTE, SOCK } from '../syscalls/constants.ts';
import { hasCode } from '../kernel/errors.ts';
import type { Kernel } from '../kernel/kernel.ts';
import { daemonKernel } from '../kernel/linux/linux.ts';
import { withNetlink } from '../kernel/netlink/socket.ts';
import type { Container } from '../container/container.ts';
import { findLink } from '../network/links.ts';
import { REST_MS as TABLE_REST_MS, rewritesKnown, rewritesOf, type Rewrite } from './rewrites.ts';

/**
 * `time`: the kernel's, ms since 1970 with a fraction; `length`: on the wire; `data`: the first 256 bytes in base64.
 */
export interface Packet {
  time: number;
  length: number;
  data: string;
}
/**
 * `more`: there were more packets than could be read, so some are missing. `conntrack`: whether the kernel reports
 * rewritten addresses at all.
 */
export interface Caught {
  packets: Packet[];
  more: boolean;
  rewrites: Rewrite[];
  conntrack: boolean;
}

const ETH_P_ALL = 3;
const SIOCGSTAMPNS = 0x8907;
const MSG_DONTWAIT = 0x40;
const MSG_TRUNC = 0x20;
const SNAP = 256;
const MOST = 64;
const REST_MS = 100;
/** How often to look for the link, because a container that is started again has a new one. */
const AGAIN_MS = 500;

/** struct sockaddr_ll. The socket has no protocol before bind(2), so that it gets no packets of other links. */
function linkAddress(index: number): Buffer {
  const address = Buffer.alloc(20);
  address.writeUInt16LE(AF.AF_PACKET, 0);
  address.writeUInt16BE(ETH_P_ALL, 2);
  address.writeInt32LE(index, 4);
  return address;
}

async function openOn(k: Kernel, index: number): Promise<number> {
  const fd = await k.daemon.socket(AF.AF_PACKET, SOCK.SOCK_RAW | SOCK.SOCK_CLOEXEC | SOCK.SOCK_NONBLOCK, 0);
  try {
    await k.daemon.bind(fd, linkAddress(index));
    // the first SIOCGSTAMPNS turns the time stamps on: socket(7)
    await k.daemon.ioctl_out(fd, SIOCGSTAMPNS, 16).catch(() => undefined);
    return fd;
  } catch (error) {
    await closeAsync(fd);
    throw error;
  }
}

async function takeOne(k: Kernel, fd: number): Promise<{ packet: Packet; bytes: Buffer }> {
  const { ret, out } = await k.run({ actor: 'daemon', name: 'recvfrom', args: [fd, SNAP, MSG_DONTWAIT | MSG_TRUNC] });
  const stamp = await k.daemon.ioctl_out(fd, SIOCGSTAMPNS, 16).catch(() => undefined);
  const time = stamp ? Number(stamp.readBigInt64LE(0)) * 1000 + Number(stamp.readBigInt64LE(8)) / 1e6 : Date.now();
  return { packet: { time, length: ret, data: out.toString('base64') }, bytes: out };
}

class Capture {
  readonly hearers = new Set<(caught: Caught) => void>();
  readonly #k = daemonKernel();
  #fd: number | undefined;
  #deaf: (() => void) | undefined;
  #opening = false;
  #rest: NodeJS.Timeout | undefined;
  #late: NodeJS.Timeout | undefined;
  #again: NodeJS.Timeout | undefined;

  constructor(private readonly container: Container) {}

  begin(): void {
    if (this.#again) return;
    this.#again = setInterval(() => void this.#open(), AGAIN_MS).unref();
    void this.#open();
  }

  end(): void {
    clearInterval(this.#again);
    this.#again = undefined;
    clearTimeout(this.#late);
    this.#late = undefined;
    void this.#close();
  }

  async #open(): Promise<void> {
    const { endpoints, live } = this.container;
    const hostLink = endpoints.find(({ driver }) => driver === 'bridge')?.hostLink;
    if (this.#fd !== undefined || this.#opening || !hostLink || live.pid === undefined) return;
    this.#opening = true;
    try {
      const link = await withNetlink(this.#k, NETLINK_ROUTE, (socket) => findLink(socket, hostLink));
      if (!link || !this.#again) return;
      this.#fd = await openOn(this.#k, link.index);
      // the last client has left meanwhile
      if (!this.#again) await this.#close();
      else this.#listen();
    } catch {
      // there is no link now; try again after AGAIN_MS
    } finally {
      this.#opening = false;
    }
  }

  #listen(): void {
    if (this.#fd !== undefined) this.#deaf = this.#k.readable(this.#fd, () => void this.#take());
  }

  #quiet(): void {
    this.#deaf?.();
    this.#deaf = undefined;
    clearTimeout(this.#rest);
  }

  async #close(): Promise<void> {
    this.#quiet();
    const fd = this.#fd;
    this.#fd = undefined;
    if (fd !== undefined) await closeAsync(fd);
  }

  /** Reads some packets and then pauses, so that a container that floods does not keep the daemon busy. */
  async #take(): Promise<void> {
    this.#quiet();
    const fd = this.#fd;
    const taken: Awaited<ReturnType<typeof takeOne>>[] = [];
    try {
      while (taken.length < MOST && fd !== undefined && this.#fd === fd) taken.push(await takeOne(this.#k, fd));
    } catch (error) {
      // ENETDOWN: the link was removed, because the container has ended
      if (this.#fd === fd && !hasCode(error, 'EAGAIN')) await this.#close();
    }
    if (this.#fd !== undefined && this.#fd === fd) this.#rest = setTimeout(() => this.#listen(), REST_MS).unref();
    if (!taken.length) return;
    const left = taken.map(({ bytes }) => bytes);
    const rewrites = await rewritesOf(this.#k, this.container, left);
    this.#tell(
      taken.map(({ packet }) => packet),
      taken.length === MOST,
      rewrites ?? [],
    );
    if (!rewrites) this.#later(left);
  }

  /** The last connection of a burst may be newer than the last reading of conntrack's table: it is read once more. */
  #later(left: readonly Buffer[]): void {
    if (this.#late || !this.#again) return;
    this.#late = setTimeout(() => {
      this.#late = undefined;
      void rewritesOf(this.#k, this.container, left).then(
        (rewrites) => rewrites?.length && this.#tell([], false, rewrites),
      );
    }, TABLE_REST_MS).unref();
  }

  #tell(packets: Packet[], more: boolean, rewrites: Rewrite[]): void {
    const caught: Caught = { packets, more, rewrites, conntrack: rewritesKnown() };
    for (const hear of this.hearers) hear(caught);
  }
}

const captures = new WeakMap<Container, Capture>();

/** Returns a function that ends it for this client; the last one closes the socket. */
export function watchPackets(container: Container, hear: (caught: Caught) => void): () => void {
  const capture = captures.get(container) ?? new Capture(container);
  captures.set(container, capture);
  const hearer = (caught: Caught) => hear(caught);
  capture.hearers.add(hearer);
  capture.begin();
  return () => {
    if (capture.hearers.delete(hearer) && !capture.hearers.size) capture.end();
  };
}
