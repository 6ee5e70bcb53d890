/** How a test file is run in a place of its own. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packageRoot } from '../runtime/syscalls/native.ts';
import { missing } from './harness.ts';

/** What test/place.sh needs. */
const lacks = missing('root', 'unshare', 'mount', 'ip', 'bash');

/** Said once by the runner; undefined when every file has a place of its own. */
export const withoutPlace =
  lacks && `${lacks}: the files share this machine's /run, /tmp and network, and have but a HOME of their own`;

export interface Placed {
  command: string;
  args: string[];
  env: NodeJS.ProcessEnv;
  leave(): void;
}

/** The command that runs `node ...args` in a fresh place. */
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
