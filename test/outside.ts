/**
 * Access to the machine's network from inside the namespaces of test/place.sh: programs that fetch from a mirror, and
 * the cache of what they fetched.
 */
import { spawnSync } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, mkdtempSync, openSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../runtime/syscalls/native.ts';
import { sh } from './harness.ts';

/** Runs a program in the machine's network with the user's settings; returns its output. */
export function outside(command: string, ...args: string[]): string {
  const { DRYDOCK_TEST_MACHINE_NET: net, DRYDOCK_TEST_MACHINE_HOME: home } = process.env;
  return net ? sh('nsenter', `--net=${net}`, '--', 'env', `HOME=${home}`, command, ...args) : sh(command, ...args);
}

/** `npm ci` removes it, so a clean install begins without a cache. */
export const cacheFolder = process.env['DRYDOCK_TEST_CACHE'] ?? join(packageRoot, 'node_modules/.cache/drydock-test');

/**
 * The directory with this name in the cache. If it does not exist, `make` fills an empty one, which gets the name when
 * it is complete. Test files that run at the same time wait for each other by flock(1).
 */
export async function fetchedOnce(name: string, make: (dir: string) => void | Promise<void>): Promise<string> {
  const kept = join(cacheFolder, name);
  if (existsSync(kept)) return kept;
  mkdirSync(cacheFolder, { recursive: true });
  const lock = openSync(join(cacheFolder, `${name}.lock`), 'w');
  try {
    // The lock belongs to the open file description, which stays open here after flock(1) has ended.
    const { status } = spawnSync('flock', ['3'], { stdio: ['ignore', 'inherit', 'inherit', lock] });
    if (status !== 0) throw new Error(`flock ${name}.lock: status ${status}`);
    if (existsSync(kept)) return kept;
    const dir = mkdtempSync(join(cacheFolder, 'making-'));
    try {
      await make(dir);
      renameSync(dir, kept);
    } catch (error) {
      rmSync(dir, { recursive: true, force: true });
      throw error;
    }
    return kept;
  } finally {
    closeSync(lock);
  }
}
