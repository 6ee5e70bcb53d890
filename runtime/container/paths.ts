import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { shimOwner } from '../kernel/process/shim.ts';
import type { ContainerPaths } from './container.ts';
import type { Settings } from '../data-root/settings.ts';

export const containersDir = (settings: Settings): string => join(settings.root, 'containers');
/** Run directories have short names, because the path of a socket holds only 107 bytes (unix(7)). */
const runDirOf = (settings: Settings, id: string) => join(settings.execRoot, id.slice(0, 16));

function below(dir: string, runDir: string): ContainerPaths {
  return {
    dir,
    rootfs: join(dir, 'rootfs'),
    upper: join(dir, 'upper'),
    work: join(dir, 'work'),
    images: join(dir, 'images'),
    config: join(dir, 'config.json'),
    bundle: join(dir, 'bundle.json'),
    journal: join(dir, 'journal.ndjson'),
    healthJournal: join(dir, 'health.ndjson'),
    log: join(dir, 'output.log'),
    hosts: join(dir, 'hosts'),
    hostname: join(dir, 'hostname'),
    resolvConf: join(dir, 'resolv.conf'),
    runDir,
    shimSocket: join(runDir, 'shim.sock'),
    exit: join(runDir, 'exit'),
  };
}

export const containerPaths = (settings: Settings, id: string): ContainerPaths =>
  below(join(containersDir(settings), id), runDirOf(settings, id));

/**
 * The paths of an exec, which keeps nothing after its end. Its shim writes the output to /dev/null; what clients get is
 * kept by exec-log.ts.
 */
export const execPaths = (of: ContainerPaths, settings: Settings, id: string): ContainerPaths => ({
  ...below(of.dir, runDirOf(settings, id)),
  log: '/dev/null',
});

/**
 * Removes the run directories of execs whose daemon died before them. The directory of a shim that still runs is kept
 * until the next start of the daemon. These shims are returned, because one may belong to a container whose record is
 * lost.
 */
export function removeStaleRunDirs(settings: Settings, ids: ReadonlySet<string>): { id: string; pid: number }[] {
  const kept = new Set([...ids].map((id) => id.slice(0, 16)));
  return readdirSync(settings.execRoot).flatMap((name) => {
    const dir = join(settings.execRoot, name);
    if (!/^[0-9a-f]{16}$/.test(name) || kept.has(name)) return [];
    const shim = shimOwner(dir);
    if (!shim) rmSync(dir, { recursive: true, force: true });
    return shim ? [{ id: shim.label, pid: shim.pid }] : [];
  });
}
