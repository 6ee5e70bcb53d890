/** Which sockets of a network namespace listen, and which programs have them: proc_pid_net(5), proc_pid_fd(5). */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import type { Transport } from './target.ts';
import { toText6 } from '../../kernel/netlink/ipv6-text.ts';

export interface ListenersQuestion {
  /** a process in the namespace */
  pid: number;
  port: number;
  protocol?: Transport;
}
export interface Listener {
  /** '0.0.0.0', '127.0.0.1', '::' */
  address: string;
  port: number;
  /** the process that has the socket, on the host; absent when it was not found */
  pid?: number;
  program?: string;
  /** its command line */
  words?: string[];
}
export interface Listeners {
  /** on the port in question */
  here: Listener[];
  /** on other ports, at most MOST_OTHERS */
  others: Listener[];
}

const MOST_OTHERS = 20;
/** TCP_LISTEN; a socket of UDP that is not connected is in TCP_CLOSE */
const STATES: Record<Transport, string> = { tcp: '0A', udp: '07' };

const attempt = <T>(read: () => T): T | undefined => {
  try {
    return read();
  } catch {
    return undefined; // the process has ended, or the kernel has no IPv6
  }
};

/** Words of 32 bits in the machine's byte order: '0100007F' is 127.0.0.1. */
function addressIn(hex: string): string {
  const bytes = Buffer.from(hex, 'hex').swap32();
  return bytes.length === 4 ? bytes.join('.') : toText6(BigInt(`0x${bytes.toString('hex')}`));
}

/** As ss(8) shows them. */
const WORDS: Record<Transport, string> = { tcp: 'LISTEN', udp: 'UNCONN' };

interface Row extends Listener {
  inode: string;
}
const rowsIn = (text: string, protocol: Transport): Row[] =>
  text
    .split('\n')
    .slice(1)
    .map((line) => line.trim().split(/\s+/))
    .filter(([, , , state]) => state === STATES[protocol])
    .map(([, local = '', , , , , , , , inode = '']) => {
      const [address = '', port = ''] = local.split(':');
      return { address: addressIn(address), port: parseInt(port, 16), inode };
    });

function holderOf(inode: string, netns: string): Pick<Listener, 'pid' | 'program' | 'words'> {
  const link = `socket:[${inode}]`;
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  // a process of another namespace may hold the socket too: Drydock's proxies and name servers
  const inside = (pid: string) => attempt(() => readlinkSync(`/proc/${pid}/ns/net`)) === netns;
  const holds = (pid: string) =>
    (attempt(() => readdirSync(`/proc/${pid}/fd`)) ?? []).some(
      (fd) => attempt(() => readlinkSync(`/proc/${pid}/fd/${fd}`)) === link,
    );
  const holders = pids.filter(holds);
  const pid = holders.find(inside) ?? holders[0];
  if (pid === undefined) return {};
  const text = (file: string) => attempt(() => readFileSync(`/proc/${pid}/${file}`, 'utf8')) ?? '';
  return {
    pid: Number(pid),
    program: text('comm').trim(),
    words: text('cmdline').split('\0').filter(Boolean).slice(0, 16),
  };
}

export function findListeners({ pid, port, protocol = 'tcp' }: ListenersQuestion): Listeners {
  const rows = [protocol, `${protocol}6`].flatMap((file) =>
    rowsIn(attempt(() => readFileSync(`/proc/${pid}/net/${file}`, 'latin1')) ?? '', protocol),
  );
  const netns = attempt(() => readlinkSync(`/proc/${pid}/ns/net`)) ?? '';
  const plain = ({ address, port: its }: Row): Listener => ({ address, port: its });
  return {
    here: rows.filter((row) => row.port === port).map((row) => ({ ...plain(row), ...holderOf(row.inode, netns) })),
    others: rows
      .filter((row) => row.port !== port)
      .slice(0, MOST_OTHERS)
      .map(plain),
  };
}

export const showListener = ({ address, port, pid, program }: Listener, protocol: Transport = 'tcp'): string =>
  `${address.includes(':') ? `[${address}]` : address}:${port} ${WORDS[protocol]}${pid === undefined ? '' : ` ${program} (pid ${pid})`}`;

export const isLoopback = (address: string) => address.startsWith('127.') || address === '::1';
/** Whether a listener takes connections to `destination`. One on :: takes IPv4 too, unless IPV6_V6ONLY is set. */
export const takes = ({ address }: Listener, destination: string): boolean =>
  address === destination || address === '0.0.0.0' || address === '::' || address === `::ffff:${destination}`;
export const loopbackOnly = (here: readonly Listener[]): boolean =>
  here.length > 0 && here.every(({ address }) => isLoopback(address));
