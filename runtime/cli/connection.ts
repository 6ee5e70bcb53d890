/** From a verb's command line to a client of a daemon that listens. */
import type { Command } from 'commander';
import { DEFAULT_HOST, socketPath } from './address.ts';
import { ensureDaemon } from './autostart.ts';
import { Client } from './client.ts';

/** -H of `drydock` or of the environment. */
export const hostOf = (command: Command): string => (command.optsWithGlobals() as { host?: string }).host ?? process.env['DRYDOCK_HOST'] ?? DEFAULT_HOST;

/** `code` is the exit code when there is no daemon and none can be started: 125 for run, 1 for others. */
export async function connectTo(command: Command, code = 1): Promise<Client> {
  const path = socketPath(hostOf(command));
  await ensureDaemon(path, code);
  return new Client(path);
}
