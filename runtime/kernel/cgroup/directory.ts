/** Makes, lists and removes cgroups, which are directories, in the same way on both versions. */
import { readdirSync, readFileSync } from 'node:fs';
import { AT, AT_FDCWD } from '../../syscalls/constants.ts';
import { hasCode, tolerate } from '../errors.ts';
import type { Kernel } from '../kernel.ts';
import { waitUntil } from './wait.ts';

const REMOVE_MS = 2000;

/**
 * A cgroup path '/drydock/<id>', from the daemon's settings or --cgroup-parent, without extra slashes. Throws when it
 * is not absolute or has the names '.' or '..'.
 */
export function checkPath(path: string): string {
  if (!path.startsWith('/') || path === '/' || path.split('/').some((part) => part === '..' || part === '.')) {
    throw new Error(
      `cgroup path ${JSON.stringify(path)} must be absolute, below the root and without dots; check --cgroup-parent`,
    );
  }
  return path.replace(/\/+/g, '/').replace(/\/$/, '');
}

/** '/a/b/c' → ['/a', '/a/b', '/a/b/c'] */
export const levels = (path: string): string[] =>
  path
    .split('/')
    .slice(1)
    .map((_, j, parts) => `/${parts.slice(0, j + 1).join('/')}`);

/** Returns true when it made the directory, false when it existed. */
export async function makeDirectory(k: Kernel, dir: string): Promise<boolean> {
  return (await tolerate(['EEXIST'], k.daemon.mkdirat(AT_FDCWD, dir, 0o755))) !== undefined;
}

const below = (dir: string): string[] => {
  try {
    return readdirSync(dir, { withFileTypes: true })
      .filter((e) => e.isDirectory())
      .map((e) => `${dir}/${e.name}`);
  } catch {
    return [];
  }
};

/** The cgroup and the cgroups that the container made below it, parents first. */
export function tree(dir: string): string[] {
  const all = [dir];
  for (let j = 0; j < all.length; j++) all.push(...below(all[j]!));
  return all;
}

/** Pids of the processes in the cgroup and below it, as the host sees them. */
export function pidsIn(dir: string): number[] {
  return tree(dir)
    .flatMap((d) => readText(`${d}/cgroup.procs`).split('\n').filter(Boolean).map(Number))
    .filter((pid) => pid > 0);
}

/** The text of a file; '' when the file or its cgroup does not exist (any more). */
export function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENODEV', 'ENOTDIR', 'EOPNOTSUPP', 'EINVAL')) return '';
    throw error;
  }
}

/**
 * rmdir(2), children first. The kernel returns EBUSY while there are children, and for some moments after the last
 * process has exited. A missing directory is no error.
 */
export async function removeDirectory(k: Kernel, dir: string): Promise<void> {
  const rmdir = (path: string) => tolerate(['ENOENT'], k.daemon.unlinkat(AT_FDCWD, path, AT.AT_REMOVEDIR));
  let last: unknown;
  const gone = await waitUntil(async () => {
    try {
      await rmdir(dir);
      return true;
    } catch (error) {
      if (!hasCode(error, 'EBUSY', 'ENOTEMPTY')) throw error;
      last = error;
      for (const child of tree(dir).slice(1).reverse()) await tolerate(['EBUSY', 'ENOTEMPTY', 'ENOENT'], rmdir(child));
      return false;
    }
  }, REMOVE_MS);
  if (!gone) throw last;
}
