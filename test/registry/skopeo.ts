/**
 * skopeo against a registry on loopback, without the machine's own policy and credentials; the test goes on while it
 * runs.
 */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Returns stdout. Throws with skopeo's own words. */
export async function skopeo(command: string, ...args: string[]): Promise<string> {
  const { stdout } = await run('skopeo', ['--insecure-policy', '--override-os', 'linux', command, ...args], {
    env: { ...process.env, HOME: '/nonexistent', XDG_RUNTIME_DIR: '/nonexistent' },
    maxBuffer: 1 << 24,
  });
  return stdout;
}
