/**
 * Where a path of the container is looked up. /proc, /sys and /dev are opened directly after their mount, without
 * following links, and are verified; everything below them is looked up from these descriptors. An image, or a
 * container that shares a volume, may change the target of a path at any moment, but not an open file.
 */
import { AT_FDCWD, O } from '../../../syscalls/constants.ts';
import { hasCode } from '../../../kernel/errors.ts';
import type { Kernel } from '../../../kernel/kernel.ts';
import { planOpen } from '../../../kernel/mount/in-root.ts';
import { MAGIC, magicOf, planStat, planStatfs, statOf } from '../../../kernel/mount/inode.ts';
import { BENEATH, inRoot, NO_LINKS, type Place } from '../../../kernel/mount/place.ts';
import type { Planned, BatchCalls } from '../../../kernel/batch.ts';
import type { Container, Live } from '../../../container/container.ts';

export type Top = 'proc' | 'sys' | 'dev';
const TOPS = /^\/(proc|sys|dev)(?:\/(.+))?$/s;
/** 'proc' for /proc and for every path below it. */
export const topOf = (path: string): Top | undefined => TOPS.exec(path)?.[1] as Top | undefined;

/** The root: before pivot_root a descriptor, after it the process's own root. */
const rootOf = ({ rootfd }: Live): number => rootfd ?? AT_FDCWD;

export function placeIn(live: Live, path: string): Place {
  const [, top, rest] = TOPS.exec(path) ?? [];
  if (!top) return inRoot(rootOf(live), path);
  const from = live.held?.[top as Top];
  return from === undefined || !rest
    ? { from: rootOf(live), path, resolve: NO_LINKS }
    : { from, path: rest, resolve: BENEATH };
}

/** The same place, but a link on the way is refused. */
export const overNoLink = (place: Place): Place => ({ ...place, resolve: NO_LINKS });

/** The directory at /proc, /sys or /dev, with its stat and statfs. */
export interface Found {
  fd: Planned;
  stat?: Planned;
  statfs?: Planned;
}
export function planFind(stage: BatchCalls, live: Live, top: Top): Found {
  const fd = planOpen(stage, { from: rootOf(live), path: top, resolve: NO_LINKS }, O.O_PATH | O.O_DIRECTORY).mayFail(
    'ENOENT',
  );
  return top === 'proc' ? { fd, stat: planStat(stage, fd), statfs: planStatfs(stage, fd) } : { fd };
}

const PROC_ROOT_INO = 1n;
const isProcRoot = ({ stat, statfs }: Found) =>
  magicOf(statfs?.reply?.out ?? Buffer.alloc(8)) === MAGIC.proc &&
  statOf(stat?.reply?.out ?? Buffer.alloc(256)).ino === PROC_ROOT_INO;

/**
 * Keeps the descriptor of what was found. /proc must be the root of a procfs, because elsewhere a file could be absent
 * only for a moment.
 */
export function hold(live: Live, top: Top, found: Found): void {
  if (top === 'proc' && !isProcRoot(found)) throw new Error('"/proc" cannot be mounted because it is not of type proc');
  const fd = found.fd.reply?.ret;
  if (fd !== undefined) live.held = { ...live.held, [top]: fd };
}

/** Opens a /proc, /sys or /dev that the user has bound. */
export async function findAndHold(k: Kernel, live: Live, top: Top): Promise<void> {
  hold(
    live,
    top,
    await ordinary(
      top,
      k.batch((stage) => planFind(stage, live, top)),
    ),
  );
}

/** Refuses a mount point that is a link or no directory, in runc's words. */
export async function ordinary<T>(what: string, made: Promise<T>): Promise<T> {
  try {
    return await made;
  } catch (error) {
    if (!hasCode(error, 'ELOOP', 'ENOTDIR')) throw error;
    const path = what.startsWith('/') ? what : `/${what}`;
    throw new Error(`filesystem "${what}" must be mounted on ordinary directory: ${path} is a link or no directory`, {
      cause: error,
    });
  }
}

/** Files for which lxcfs provides the container's values. As in runc, only these may be mounted over below /proc. */
const OVER_PROC = new Set([
  '/proc/cpuinfo',
  '/proc/diskstats',
  '/proc/meminfo',
  '/proc/stat',
  '/proc/swaps',
  '/proc/uptime',
  '/proc/loadavg',
  '/proc/slabinfo',
  '/proc/sys/kernel/ns_last_pid',
  '/proc/sys/crypto/fips_enabled',
]);
export function checkOverProc(destination: string, joined: boolean): void {
  if (!destination.startsWith('/proc/')) return;
  // that procfs is mounted last, after the change of the root, when the host's paths are gone
  if (joined) throw new Error(`"${destination}" cannot be mounted over the /proc of another container's pid namespace`);
  if (OVER_PROC.has(destination)) return;
  throw new Error(`"${destination}" cannot be mounted because it is inside /proc`);
}

export const heldOf = (c: Container, top: Top): number => {
  const fd = c.live.held?.[top];
  if (fd === undefined) throw new Error(`/${top} is not mounted`);
  return fd;
};
