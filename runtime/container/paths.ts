import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { shimOwner } from '../kernel/process/shim.ts';
import type { ContainerPaths } from './container.ts';
import type { Settings } from '../data-root/settings.ts';

export const containersDir = (settings: Settings): string => join(settings.root, 'containers');
/** Socket paths hold 107 bytes (unix(7)), so run directories have short names. */
const runDirOf = (settings: Settings, id: string) => join(settings.execRoot, id.slice(0, 16));

function below(dir: string, runDir: string): ContainerPaths {
  return {
    dir,
    rootfs: join(dir, 'rootfs'),
    upper: join(dir, 'upper'),
    work: join(dir, 'work'),
    config: join(dir, 'config.json'),
    journal: join(dir, 'journal.ndjson'),
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
 * An exec keeps nothing when it is over; its shim writes its output for nobody (what those get who are coupled to it:
 * exec-log.ts).
 */
export const execPaths = (of: ContainerPaths, settings: Settings, id: string): ContainerPaths => ({
  ...below(of.dir, runDirOf(settings, id)),
  log: '/dev/null',
});

/**
 * What execs left whose daemon died before them. A shim that still lives keeps its directory until the next look; they
 * are returned: one may be that of a container whose record is lost.
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
