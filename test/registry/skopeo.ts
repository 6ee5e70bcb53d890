/**
 * Runs skopeo against a loopback registry, without the machine's policy and credentials. Asynchronous, because the
 * registry is in this process.
 */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Returns stdout. Throws skopeo's message. */
export async function skopeo(command: string, ...args: string[]): Promise<string> {
  const { stdout } = await run('skopeo', ['--insecure-policy', '--override-os', 'linux', command, ...args], {
    env: { ...process.env, HOME: '/nonexistent', XDG_RUNTIME_DIR: '/nonexistent' },
    maxBuffer: 1 << 24,
  });
  return stdout;
}
