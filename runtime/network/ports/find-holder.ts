/**
 * Which process has a port: proc_pid_net(5) names the inodes of the sockets on it, proc_pid_fd(5) the processes that
 * hold these.
 */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { ipBytes } from '../../kernel/ip-bytes.ts';
import type { Protocol } from '../port.ts';

export interface HolderQuestion {
  protocol: Protocol;
  address: string;
  port: number;
}
export interface Holder {
  pid: number;
  /** the name of the process, as ps(1) shows it */
  program: string;
  /** its command line */
  words: string[];
}

const attempt = <T>(read: () => T): T | undefined => {
  try {
    return read();
  } catch {
    return undefined; // the process has ended, or the kernel does not have this protocol
  }
};

/** /proc/net prints an address as words of 32 bits in the machine's byte order. */
function inProc(address: string): string {
  const bytes = ipBytes(address) ?? Buffer.alloc(4);
  return Buffer.from(bytes).swap32().toString('hex').toUpperCase();
}

const LISTEN = '0A';
const isEvery = (hex: string) => /^0+$/.test(hex);

/** The inodes of sockets that keep this port from being bound. */
function inodesOf({ protocol, address, port }: HolderQuestion): Set<string> {
  const [wanted, suffix] = [inProc(address), port.toString(16).toUpperCase().padStart(4, '0')];
  const rows = ['', '6'].flatMap(
    (family) =>
      attempt(() => readFileSync(`/proc/net/${protocol}${family}`, 'latin1'))
        ?.split('\n')
        .slice(1) ?? [],
  );
  const fits = (local: string) => {
    const [own = '', number] = local.split(':');
    return number === suffix && (own === wanted || isEvery(own) || isEvery(wanted));
  };
  return new Set(
    rows
      .map((row) => row.trim().split(/\s+/))
      .filter(([, local = '', , state]) => fits(local) && (protocol !== 'tcp' || state === LISTEN))
      .map((columns) => columns[9] ?? ''),
  );
}

function holds(pid: string, links: ReadonlySet<string>): boolean {
  const fds = attempt(() => readdirSync(`/proc/${pid}/fd`)) ?? [];
  return fds.some((fd) => links.has(attempt(() => readlinkSync(`/proc/${pid}/fd/${fd}`)) ?? ''));
}

export function findHolder(asked: HolderQuestion): Holder | undefined {
  const links = new Set([...inodesOf(asked)].map((inode) => `socket:[${inode}]`));
  if (!links.size) return undefined;
  const pid = readdirSync('/proc').find((name) => /^\d+$/.test(name) && holds(name, links));
  if (pid === undefined) return undefined;
  const text = (file: string) => attempt(() => readFileSync(`/proc/${pid}/${file}`, 'utf8')) ?? '';
  return { pid: Number(pid), program: text('comm').trim(), words: text('cmdline').split('\0').filter(Boolean) };
}
