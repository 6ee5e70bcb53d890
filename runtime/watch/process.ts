/**
 * What /proc shows of one process, as values, not as text, for code that reads it again and again (proc(5)). For a
 * process that has exited the values are empty.
 */
import { readdirSync, readFileSync, readlinkSync, statfsSync } from 'node:fs';

const OVERLAYFS_MAGIC = 0x794c7630;
export const namespaceKinds = ['mnt', 'pid', 'net', 'ipc', 'uts', 'user', 'cgroup', 'time'] as const;
export type NamespaceKind = (typeof namespaceKinds)[number];

function attempt<T>(read: () => T, otherwise: T): T {
  try {
    return read();
  } catch {
    return otherwise;
  }
}
const file = (pid: number | 'self', name: string) => attempt(() => readFileSync(`/proc/${pid}/${name}`, 'utf8'), '');

/** 'pid:[4026532…]', or '' when the process has exited. */
export const namespaceOf = (pid: number | 'self', kind: NamespaceKind): string =>
  attempt(() => readlinkSync(`/proc/${pid}/ns/${kind}`), '');

/** A field of /proc/PID/status: 'Uid' → '0\t0\t0\t0'. */
export const statusField = (pid: number, field: string): string =>
  new RegExp(`^${field}:\\s*(.*)$`, 'm').exec(file(pid, 'status'))?.[1] ?? '';

export interface Stat {
  command: string;
  state: string;
  parent: number;
  session: number;
  tty: number;
}
/** Fields of /proc/PID/stat; undefined when the process has exited. */
export function statOf(pid: number): Stat | undefined {
  const text = file(pid, 'stat');
  if (!text) return undefined;
  const [state = '', parent, , session, tty] = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return {
    command: text.slice(text.indexOf('(') + 1, text.lastIndexOf(')')),
    state,
    parent: Number(parent),
    session: Number(session),
    tty: Number(tty),
  };
}

/** Children of all its threads, zombies included: /proc/PID/task/TID/children, proc_tid_children(5). */
export const childrenOf = (pid: number): number[] =>
  attempt(() => readdirSync(`/proc/${pid}/task`), []).flatMap((tid) =>
    file(pid, `task/${tid}/children`).split(' ').filter(Boolean).map(Number),
  );
/** `pids` with the zombies among their children, because a zombie is no longer in cgroup.procs (cgroups(7)). */
export const withZombies = (pids: readonly number[]): number[] => [
  ...new Set([...pids, ...pids.flatMap(childrenOf).filter((pid) => statOf(pid)?.state === 'Z')]),
];

/** Its command line; '' for a zombie. */
export const wordsOf = (pid: number): string => file(pid, 'cmdline').replace(/\0+$/, '').replace(/\0/g, ' ');
/** Its pid in its own pid namespace: the last number of NSpid. */
export const pidInside = (pid: number): number => Number(statusField(pid, 'NSpid').split(/\s+/).pop());

export interface MountRow {
  target: string;
  root: string;
  options: string[];
  type: string;
  source: string;
  superOptions: string[];
  propagation: 'private' | 'shared' | 'slave' | 'unbindable';
}
const unescape = (field: string) =>
  field.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(parseInt(octal, 8)));

function mountRow(line: string): MountRow {
  const [before = '', after = ''] = line.split(' - ');
  const [, , , root = '', target = '', options = '', ...tags] = before.split(' ');
  const [type = '', source = '', superOptions = ''] = after.split(' ');
  const tagged = (tag: string) => tags.some((one) => one.startsWith(tag));
  const propagation = tagged('shared:')
    ? 'shared'
    : tagged('master:')
      ? 'slave'
      : tagged('unbindable')
        ? 'unbindable'
        : 'private';
  return {
    target: unescape(target),
    root: unescape(root),
    options: options.split(','),
    type,
    source: unescape(source),
    superOptions: superOptions.split(','),
    propagation,
  };
}
/** In the order of mounting. Of two mounts at one place the later one covers the earlier one. */
export const mountRows = (pid: number): MountRow[] => file(pid, 'mountinfo').split('\n').filter(Boolean).map(mountRow);

/** The file system of its root directory: the host's until pivot_root(2); undefined when it has exited. */
export function rootKind(pid: number): 'overlay' | 'host' | 'other' | undefined {
  const type = attempt(() => statfsSync(`/proc/${pid}/root`).type, undefined);
  if (type === undefined) return undefined;
  if (type === OVERLAYFS_MAGIC && namespaceOf(pid, 'mnt') !== namespaceOf('self', 'mnt')) return 'overlay';
  return type === statfsSync('/').type ? 'host' : 'other';
}

const table = (pid: number, name: string, headings: number) =>
  file(pid, `net/${name}`)
    .split('\n')
    .slice(headings)
    .filter(Boolean)
    .map((line) => line.trim().split(/[\s|]+/));
const ipv4 = (hex: string) => [...Buffer.from(hex, 'hex')].reverse().join('.');

/** Bytes received and sent on each link of its network namespace: /proc/PID/net/dev. */
export const linkCounters = (pid: number): Map<string, { rx: number; tx: number }> =>
  new Map(
    file(pid, 'net/dev')
      .split('\n')
      .slice(2)
      .filter(Boolean)
      .map((line) => {
        const [name = '', rest = ''] = line.split(':');
        const numbers = rest.trim().split(/\s+/).map(Number);
        return [name.trim(), { rx: numbers[1] ?? 0, tx: numbers[9] ?? 0 }];
      }),
  );

/** The local IPv4 addresses of its network namespace: leaves of the routing trie marked LOCAL. */
export const addressesOf = (pid: number): string[] => [
  ...new Set([...file(pid, 'net/fib_trie').matchAll(/\|-- ([\d.]+)\n\s+\/32 host LOCAL/g)].map((m) => m[1]!)),
];

export const routesOf = (pid: number): { link: string; to: string; via: string }[] =>
  table(pid, 'route', 1).map(([link = '', to = '', via = '']) => ({
    link,
    to: to === '00000000' ? 'default' : ipv4(to),
    via: ipv4(via),
  }));

/** Local addresses and ports at which something listens, of both families, as /proc has them: '0100007F' and 80. */
export const listenersOf = (pid: number): { address: string; port: number }[] =>
  ['tcp', 'tcp6'].flatMap((name) =>
    table(pid, name, 1).flatMap(([, local = '', , state]) => {
      const [address = '', port = '0'] = local.split(':');
      return state === '0A' ? [{ address, port: parseInt(port, 16) }] : [];
    }),
  );

/** TCP sockets of its network namespace. State 01 is established, 0A listening (include/net/tcp_states.h). */
export const tcpOf = (pid: number): { port: number; remote: string; remotePort: number; state: string }[] =>
  table(pid, 'tcp', 1).map(([, local = '', remote = '', state = '']) => {
    const [address = '', port = '0'] = remote.split(':');
    return {
      port: parseInt(local.split(':')[1] ?? '0', 16),
      remote: ipv4(address),
      remotePort: parseInt(port, 16),
      state,
    };
  });
