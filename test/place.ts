/** Runs a test file in its own namespaces (test/place.sh). */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packageRoot } from '../runtime/syscalls/native.ts';
import { missing } from './harness.ts';

/** Requirements of test/place.sh. */
const lacks = missing('root', 'unshare', 'mount', 'ip', 'bash');

/** The runner's message if the machine cannot do this; undefined if every file gets its own namespaces. */
export const withoutPlace =
  lacks && `${lacks}: the files share this machine's /run, /tmp and network, and have but a HOME of their own`;

export interface Placed {
  command: string;
  args: string[];
  env: NodeJS.ProcessEnv;
  leave(): void;
}

/** The command that runs `node ...args` in new namespaces. */
export function placed(args: readonly string[], env: NodeJS.ProcessEnv): Placed {
  if (!lacks)
    return {
      command: join(packageRoot, 'test/place.sh'),
      args: [process.execPath, ...args],
      env,
      leave: () => undefined,
    };
  const home = mkdtempSync(join(tmpdir(), 'drydock-home-'));
  return {
    command: process.execPath,
    args: [...args],
    env: { ...env, HOME: home },
    leave: () => rmSync(home, { recursive: true, force: true }),
  };
}
