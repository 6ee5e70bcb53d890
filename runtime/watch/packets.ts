/**
 * The packets of a container, while somebody looks: an AF_PACKET socket (packet(7)) on the host's end of its cable.
 *
 *   eth0 ── veth ── bridge ── …
 * └ here pass all packets of this container and no others, also those that the bridge hands to another container
 * without the
 *              host's seeing them; on the bridge itself that would take promiscuous mode, and would be everybody's
 *
 * The headers travel as they are, undecoded: what they mean is found out in the page, not by root. Who sends more than
 * can be shown is only sampled: so many packets are taken at a time, then there is a rest, and the kernel drops what
 * does not fit into the socket.
 */
import { closeAside } from '../kernel/close-async.ts';
import { AF, NETLINK_ROUTE, SOCK } from '../syscalls/constants.ts';
import { hasCode } from '../kernel/errors.ts';
import type { Kernel } from '../kernel/kernel.ts';
import { daemonKernel } from '../kernel/linux/linux.ts';
import { withNetlink } from '../kernel/netlink/socket.ts';
import type { Container } from '../container/container.ts';
import { findLink } from '../network/links.ts';
import { rewritesKnown, rewritesOf, type Rewrite } from './rewrites.ts';

/** `time`: ms since 1970 with a fraction, the kernel's; `length` on the wire; `data`: its first 256 bytes in base64. */
export interface Packet {
  time: number;
  length: number;
  data: string;
}
/**
 * `more`: there were more than could be taken, and some are missing. `conntrack`: whether the kernel tells of rewriting
 * at all.
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
/** A container that is started again has a new link. */
const AGAIN_MS = 500;

/** struct sockaddr_ll: without a protocol before the bind, or the packets of all links would come first. */
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
    // the first question turns the stamps on: socket(7)
    await k.daemon.ioctl_out(fd, SIOCGSTAMPNS, 16).catch(() => undefined);
    return fd;
  } catch (error) {
    await closeAside(fd);
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
      // nobody looks any more
      if (!this.#again) await this.#close();
      else this.#listen();
    } catch {
      // there is no link, or no longer: asked again in a moment
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
    if (fd !== undefined) await closeAside(fd);
  }

  /** Some packets, then a rest: a container that floods must not keep the daemon busy. */
  async #take(): Promise<void> {
    this.#quiet();
    const fd = this.#fd;
    const taken: Awaited<ReturnType<typeof takeOne>>[] = [];
    try {
      while (taken.length < MOST && fd !== undefined && this.#fd === fd) taken.push(await takeOne(this.#k, fd));
    } catch (error) {
      // ENETDOWN: the link has gone, and the container with it
      if (this.#fd === fd && !hasCode(error, 'EAGAIN')) await this.#close();
    }
    if (this.#fd !== undefined && this.#fd === fd) this.#rest = setTimeout(() => this.#listen(), REST_MS).unref();
    if (!taken.length) return;
    const caught: Caught = {
      packets: taken.map(({ packet }) => packet),
      more: taken.length === MOST,
      rewrites: await rewritesOf(
        this.container,
        taken.map(({ bytes }) => bytes),
      ),
      conntrack: rewritesKnown(),
    };
    for (const hear of this.hearers) hear(caught);
  }
}

const captures = new WeakMap<Container, Capture>();

/** Returns what ends it; with the last one the socket is closed. */
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
