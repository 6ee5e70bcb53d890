/** Sends a SYN by connect(2), or a datagram, from a place, and awaits what comes back. */
import { randomInt } from 'node:crypto';
import { SOCK } from '../../syscalls/constants.ts';
import { hasCode } from '../../kernel/errors.ts';
import type { Kernel } from '../../kernel/kernel.ts';
import { familyOf, sockaddr } from '../ports/sockaddr.ts';
import { nameQuery } from './message.ts';
import { socketIn, type Place } from './place.ts';
import type { Transport } from './target.ts';

/** 'accepted', an errno's name, or 'timeout' */
export type ProbeAnswer = string;

export interface Probe {
  /** the port from which it is sent */
  port: number;
  /** Connects; `enough`: what is known already makes further waiting useless. */
  send(address: string, port: number, enough: () => boolean): Promise<ProbeAnswer>;
  close(): Promise<void>;
}

/** Above the usual ip_local_port_range, so that the port of the probe is that of no other connection. */
const [LOWEST, HIGHEST] = [61_000, 65_000];
const TRIES = 32;
const LOOK_MS = 10;
/** The kernel asks three times, once a second, for the MAC address of a neighbour. */
const LONGEST_MS = 3500;

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** False when nothing came within `ms`. */
export const readableWithin = (k: Kernel, fd: number, ms: number): Promise<boolean> =>
  new Promise((resolve) => {
    const end = (value: boolean) => {
      clearTimeout(timer);
      close();
      resolve(value);
    };
    const timer = setTimeout(() => end(false), Math.max(0, ms));
    const close = k.readable(fd, () => end(true));
  });

async function bindAnywhere(k: Kernel, fd: number, any: string): Promise<number> {
  for (let tries = 0; ; tries++) {
    const port = randomInt(LOWEST, HIGHEST);
    try {
      await k.daemon.bind(fd, sockaddr(any, port));
      return port;
    } catch (error) {
      if (!hasCode(error, 'EADDRINUSE') || tries === TRIES) throw error;
    }
  }
}

/** Takes a port, so that the rules that follow the packet can be made before it is sent. The caller closes it. */
export async function openProbe(k: Kernel, place: Place, address: string, protocol: Transport): Promise<Probe> {
  const [type, by] = protocol === 'udp' ? [SOCK.SOCK_DGRAM, sendDatagram] : [SOCK.SOCK_STREAM, send];
  const fd = await socketIn(k, place, familyOf(address), type | SOCK.SOCK_NONBLOCK, 0);
  try {
    const port = await bindAnywhere(k, fd, address.includes(':') ? '::' : '0.0.0.0');
    return { port, send: (...to) => by(k, fd, ...to), close: async () => void (await k.daemon.close(fd)) };
  } catch (error) {
    await k.daemon.close(fd);
    throw error;
  }
}

/** connect(2) again tells how far the first one is. */
async function send(k: Kernel, fd: number, address: string, port: number, enough: () => boolean): Promise<ProbeAnswer> {
  const to = sockaddr(address, port);
  for (const end = Date.now() + LONGEST_MS; Date.now() < end; await pause(LOOK_MS)) {
    try {
      await k.daemon.connect(fd, to);
      return 'accepted';
    } catch (error) {
      const code = (error as { code?: string }).code ?? '';
      if (code === 'EISCONN') return 'accepted';
      if (code !== 'EINPROGRESS' && code !== 'EALREADY') return code;
      if (enough()) return 'timeout';
    }
  }
  return 'timeout';
}

const DNS = 53;
const MSG_DONTWAIT = 0x40;
/** A program answers at once or not at all, and the kernel refuses at once. */
const DATAGRAM_MS = 1500;

/**
 * An empty datagram, or a query for port 53, which a name server answers. 'accepted' is any answer; an ICMP error comes
 * as an errno. Most programs do not answer what they do not understand, so no answer says little.
 */
async function sendDatagram(
  k: Kernel,
  fd: number,
  address: string,
  port: number,
  enough: () => boolean,
): Promise<ProbeAnswer> {
  const bytes = (port === DNS && nameQuery('drydock.test', randomInt(0x10000))) || Buffer.alloc(0);
  try {
    await k.daemon.connect(fd, sockaddr(address, port));
    await k.daemon.sendto(fd, bytes, 0, null);
    for (const end = Date.now() + DATAGRAM_MS; Date.now() < end && !enough();) {
      if (!(await readableWithin(k, fd, LOOK_MS))) continue;
      await k.run({ actor: 'daemon', name: 'recvfrom', args: [fd, 1, MSG_DONTWAIT] });
      return 'accepted';
    }
  } catch (error) {
    return (error as { code?: string }).code ?? String(error);
  }
  return 'timeout';
}
