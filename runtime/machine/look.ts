/** Looking at a container without changing it: top, stats, diff, sizes, and its terminal's master. */
import { lstatSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { CgroupStats } from '../kernel/cgroup/cgroup.ts';
import type { Kernel } from '../kernel/kernel.ts';
import { shimPidOf } from '../kernel/process/shim.ts';
import { interfaceStats } from '../network/stats.ts';
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
  const rows = (await c.cgroup.processes()).map((pid) => rowOf(pid, boot)).filter((row) => row !== undefined);
  return { Titles, Processes: rows.map((row) => Titles.map((title) => columns[title]!(row))) };
}

export async function stats(c: Container): Promise<{ cgroup: CgroupStats; networks: Record<string, Record<string, number>> }> {
  const networks = c.live.pid && c.network.mode !== 'host' ? await interfaceStats(c.live.pid).catch(() => ({})) : {};
  delete (networks as Record<string, unknown>)['lo'];
  return { cgroup: await c.cgroup.stats(), networks };
}

function* walk(dir: string, below = ''): Generator<string> {
  for (const entry of readdirSync(join(dir, below), { withFileTypes: true })) {
    const path = `${below}/${entry.name}`;
    yield path;
    if (entry.isDirectory()) yield* walk(dir, path);
  }
}

const inLayers = (c: Container, path: string) => (c.image?.layers ?? []).some((layer) => lstatSync(join(layer.dir, path), { throwIfNoEntry: false }) !== undefined);

/** What mounting made in the upper directory for its own sake: mount points, which `diff` is not asked about. */
export const mountPoints = (c: Container): Set<string> => new Set(['/dev', '/proc', '/sys', ...(c.spec.mounts ?? []).map((m) => m.destination)]);

/** The upper directory against the layers: a character device 0:0 is a whiteout (overlayfs.rst). */
export async function changes(c: Container): Promise<{ Path: string; Kind: 0 | 1 | 2 }[]> {
  if (!lstatSync(c.paths.upper, { throwIfNoEntry: false })) return [];
  const ours = mountPoints(c);
  const all = [...walk(c.paths.upper)].filter((path) => !ours.has(path)).map((Path) => {
    const entry = lstatSync(join(c.paths.upper, Path));
    const Kind: 0 | 1 | 2 = entry.isCharacterDevice() && entry.rdev === 0 ? 2 : inLayers(c, Path) ? 0 : 1;
    return { Path, Kind, directory: entry.isDirectory() };
  });
  // a directory that is here only because a mount point had to be made in it has not changed
  const hadMountPoint = (path: string) => [...ours].some((point) => point.startsWith(`${path}/`));
  const holds = (path: string) => all.some((other) => other.Path.startsWith(`${path}/`));
  return all.filter((e) => !(e.directory && hadMountPoint(e.Path) && !holds(e.Path))).map(({ Path, Kind }) => ({ Path, Kind }));
}

export async function sizeRw(c: Container): Promise<number> {
  if (!lstatSync(c.paths.upper, { throwIfNoEntry: false })) return 0;
  return [...walk(c.paths.upper)].reduce((sum, path) => {
    const entry = lstatSync(join(c.paths.upper, path), { throwIfNoEntry: false });
    return sum + (entry?.isFile() ? entry.size : 0);
  }, 0);
}
