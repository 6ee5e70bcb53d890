/** The address of the daemon's API socket. */
import { isAbsolute, join } from 'node:path';
import { misuse } from '../failure/failure.ts';

export const DEFAULT_EXEC_ROOT = '/run/drydock';
/** DRYDOCK_HOST of the environment, or else drydock.sock in the exec root. */
export const hostFrom = (env: NodeJS.ProcessEnv, execRoot = env['DRYDOCK_EXEC_ROOT'] || DEFAULT_EXEC_ROOT): string =>
  env['DRYDOCK_HOST'] || `unix://${join(execRoot, 'drydock.sock')}`;
/**
 * 'unix:///run/x.sock' → '/run/x.sock'. Other schemes are a misuse (exit code 125). sun_path holds 107 bytes (unix(7)).
 */
export function socketPath(host: string): string {
  const path = host.startsWith('unix://') ? host.slice('unix://'.length) : host;
  if (!isAbsolute(path))
    throw misuse(`invalid host ${JSON.stringify(host)}: give a unix socket as unix:///absolute/path`);
  if (Buffer.byteLength(path) > 107)
    throw misuse(`socket path ${JSON.stringify(path)} is longer than 107 bytes: choose a shorter one`);
  return path;
}
