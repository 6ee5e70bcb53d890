/**
 * A probe that comes from another machine. A tun(4) device takes the place of the wire: what is written into it comes
 * in by a link of the host, and what the host sends to 198.18.0.2, or to 2001:2::2, is read from it.
 *
 *   daemon ── write ──> dd-why0 ── prerouting, forward … ── container
 *          <── read ──
 *
 * The device is gone when its descriptor is closed, however the daemon ends. 198.18.0.0/15 and
 * 2001:2::/48 are for tests: RFC 2544, RFC 5180.
 */
import { randomInt } from 'node:crypto';
import { AT_FDCWD, NETLINK_ROUTE, O } from '../../syscalls/constants.ts';
import { tolerate } from '../../kernel/errors.ts';
import type { Kernel } from '../../kernel/kernel.ts';
import { newAddress, newAddress6 } from '../../kernel/netlink/route/address.ts';
import { getLink, linkOf, setLink } from '../../kernel/netlink/route/link.ts';
import { TCP_FLAGS } from '../../kernel/netlink/nftables/trace.ts';
import { withNetlink } from '../../kernel/netlink/socket.ts';
import { isSix } from '../ipam/family.ts';
import { answerIn, segmentBytes } from './packet.ts';
import { readableWithin, type Probe } from './probe.ts';

export const DEVICE = 'dd-why0';
const [OWN, PEER, BROADCAST] = ['198.18.0.1', '198.18.0.2', '198.18.0.3'];
const PREFIX = 30;
const [OWN6, PEER6, PREFIX6] = ['2001:2::1', '2001:2::2', 126];
/** linux/if_tun.h */
const TUNSETIFF = 0x400454ca;
const [IFF_TUN, IFF_NO_PI] = [1, 0x1000];
const IFREQ = 40;
const LARGEST = 2048;
const LONGEST_MS = 3500;
const LOOK_MS = 50;
const [LOWEST, HIGHEST] = [61_000, 65_000];

/** The address of the machine that seems to send to this one. */
export const senderTo = (address: string): string => (isSix(address) ? PEER6 : PEER);

/**
 * Makes the device for a probe to this address. Throws SyscallError: ENOENT without /dev/net/tun. The caller closes it,
 * and it is gone then.
 */
export async function openOutside(k: Kernel, address: string): Promise<Probe> {
  const fd = await k.daemon.openat(AT_FDCWD, '/dev/net/tun', O.O_RDWR | O.O_NONBLOCK | O.O_CLOEXEC, 0);
  const close = async () => void (await k.daemon.close(fd));
  try {
    const ifreq = Buffer.alloc(IFREQ);
    ifreq.write(DEVICE);
    ifreq.writeUInt16LE(IFF_TUN | IFF_NO_PI, 16);
    await k.daemon.ioctl_in(fd, TUNSETIFF, ifreq);
    await withNetlink(k, NETLINK_ROUTE, async (socket) => {
      const { index } = linkOf(await socket.get(...getLink(DEVICE)));
      await socket.request(
        isSix(address)
          ? newAddress6({ index, address: OWN6, prefix: PREFIX6 })
          : newAddress({ index, address: OWN, prefix: PREFIX }, BROADCAST),
      );
      await socket.request(setLink(DEVICE, {}, true));
    });
    const port = randomInt(LOWEST, HIGHEST);
    return { port, close, send: (address, to, enough) => send(k, fd, port, { address, port: to }, enough) };
  } catch (error) {
    await close();
    throw error;
  }
}

async function send(
  k: Kernel,
  fd: number,
  sourcePort: number,
  to: { address: string; port: number },
  enough: () => boolean,
): Promise<string> {
  const sequence = randomInt(2 ** 31);
  const ends = { source: senderTo(to.address), sourcePort, destination: to.address, port: to.port };
  await k.daemon.write(fd, segmentBytes({ ...ends, sequence, flags: TCP_FLAGS.SYN }));
  for (const end = Date.now() + LONGEST_MS; Date.now() < end && !enough();) {
    if (!(await readableWithin(k, fd, LOOK_MS))) continue;
    const got = await tolerate(['EAGAIN'], k.run({ actor: 'daemon', name: 'read', args: [fd, LARGEST] }));
    const answer = got && answerIn(got.out.subarray(0, got.ret), sourcePort);
    if (!answer) continue;
    // ends the connection that the other side has half open
    const reset = { ...ends, sequence: sequence + 1, flags: TCP_FLAGS.RST };
    if (answer === 'accepted') await k.daemon.write(fd, segmentBytes(reset));
    return answer;
  }
  return 'timeout';
}
