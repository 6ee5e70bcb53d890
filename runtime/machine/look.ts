/** Looking at a container without changing it: top, stats, diff, sizes, and its terminal's master. */
import { readFileSync, statSync } from 'node:fs';
import type { CgroupStats } from '../kernel/cgroup/cgroup.ts';
import { jobParts, runJob } from '../kernel/jobs.ts';
import type { Kernel } from '../kernel/kernel.ts';
import { shimPidOf } from '../kernel/process/shim.ts';
import { interfaceStats } from '../network/stats.ts';
import type { Change, ChangesInput } from '../overlay/changes.ts';
import '../overlay/jobs.ts';
import type { Container } from './container.ts';
import { badParameter, conflict } from './refusal.ts';

/** native/shim.c keeps the pty's master at this descriptor. */
const MASTER = 10;

export async function withMaster(k: Kernel, runDir: string, label: string, use: (fd: number) => Promise<void>): Promise<void> {
  const shim = shimPidOf(runDir, label);
  if (shim === undefined) throw conflict(`cannot resize: the process of ${label.slice(0, 12)} is not running`);
  const pidfd = await k.daemon.pidfd_open(shim, 0);
  try {
    const master = await k.daemon.pidfd_getfd(pidfd, MASTER, 0);
    await use(master).finally(() => k.daemon.close(master));
  } finally {
    await k.daemon.close(pidfd);
  }
}

interface Row { uid: string; pid: number; ppid: number; started: string; tty: string; time: string; command: string }
const HZ = 100; // USER_HZ, what /proc counts in: proc_pid_stat(5)
const two = (n: number) => String(Math.floor(n)).padStart(2, '0');
const clock = (s: number) => `${two(s / 3600)}:${two((s / 60) % 60)}:${two(s % 60)}`;

function rowOf(pid: number, boot: number): Row | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const after = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const name = stat.slice(stat.indexOf('(') + 1, stat.lastIndexOf(')'));
    const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replace(/\0+$/, '').replace(/\0/g, ' ') || `[${name}]`;
    const tty = Number(after[4]);
    const seconds = (Number(after[11]) + Number(after[12])) / HZ;
    const begun = new Date((boot + Number(after[19]) / HZ) * 1000);
    return {
      uid: String(statSync(`/proc/${pid}`).uid), pid, ppid: Number(after[1]), started: `${two(begun.getHours())}:${two(begun.getMinutes())}`,
      tty: tty ? `pts/${(tty & 0xff) | ((tty >> 12) & 0xfff00)}` : '?', time: clock(seconds), command,
    };
  } catch {
    return undefined; // it ended while we looked
  }
}

const columns: Record<string, (r: Row) => string> = {
  UID: (r) => r.uid, PID: (r) => String(r.pid), PPID: (r) => String(r.ppid), C: () => '0', STIME: (r) => r.started, TTY: (r) => r.tty, TIME: (r) => r.time, CMD: (r) => r.command,
  USER: (r) => r.uid, COMMAND: (r) => r.command, COMM: (r) => r.command, ARGS: (r) => r.command,
};

/** The columns of `ps -ef`, or those of `-o a,b`; pids are the host's. */
export async function top(c: Container, args = ''): Promise<{ Titles: string[]; Processes: string[][] }> {
  const text = args.trim();
  const [, chosen] = /^-?e?o[ ,]*([\w,]+)$/.exec(text) ?? [];
  if (text && !chosen && !/^-?(ef|e|f|aux|eo)$/.test(text)) throw badParameter(`ps arguments ${text} are not known; use -ef or -o with ${Object.keys(columns).join(', ').toLowerCase()}`);
  const Titles = chosen ? chosen.split(',').map((name) => name.toUpperCase()) : ['UID', 'PID', 'PPID', 'C', 'STIME', 'TTY', 'TIME', 'CMD'];
  const unknown = Titles.find((title) => !columns[title]);
  if (unknown) throw badParameter(`unknown ps column ${unknown.toLowerCase()}`);
  const boot = Number(/^btime (\d+)/m.exec(readFileSync('/proc/stat', 'utf8'))?.[1] ?? 0);
  const rows: Row[] = [];
  for (const [n, pid] of (await c.cgroup.processes()).entries()) {
    // there may be as many processes as the machine has room for
    if (n % 64 === 63) await new Promise((resolve) => setImmediate(resolve));
    const row = rowOf(pid, boot);
    if (row) rows.push(row);
  }
  return { Titles, Processes: rows.map((row) => Titles.map((title) => columns[title]!(row))) };
}

export async function stats(c: Container): Promise<{ cgroup: CgroupStats; networks: Record<string, Record<string, number>> }> {
  const networks = c.live.pid && c.network.mode !== 'host' ? await interfaceStats(c.live.pid).catch(() => ({})) : {};
  delete (networks as Record<string, unknown>)['lo'];
  return { cgroup: await c.cgroup.stats(), networks };
}

/** What mounting made in the upper directory for its own sake: mount points, which `diff` is not asked about. */
export const mountPoints = (c: Container): Set<string> => new Set(['/dev', '/proc', '/sys', ...(c.spec.mounts ?? []).map((m) => m.destination)]);

/** The upper directory against the layers, in parts. */
export async function* changes(c: Container): AsyncGenerator<{ Path: string; Kind: 0 | 1 | 2 }[]> {
  const lowers = [...(c.image?.layers ?? [])].reverse().map(({ dir }) => dir);
  const input: ChangesInput = { upper: c.paths.upper, lowers, mountPoints: [...mountPoints(c)] };
  for await (const part of jobParts<Change[]>('changes', input)) yield part.map(([Path, Kind]) => ({ Path, Kind }));
}

/** Of all who ask at the same time, one looks. */
const sizes = new Map<string, Promise<number>>();
export function sizeRw({ paths: { upper } }: Container): Promise<number> {
  const known = sizes.get(upper);
  if (known) return known;
  const size = (runJob('size', upper) as Promise<number>).finally(() => sizes.delete(upper));
  sizes.set(upper, size);
  return size;
}
