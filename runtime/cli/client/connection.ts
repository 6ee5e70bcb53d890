/** Makes a client for the daemon that a command line names, and starts that daemon if necessary. */
import type { Command } from 'commander';
import { hostFrom, socketPath } from './address.ts';
import { ensureDaemon } from './autostart.ts';
import { Client } from './client.ts';

/**
 * The value of `drydock -H`, or else the environment's. A daemon with another exec root listens there
 * (daemon-settings.ts).
 */
export const hostOf = (command: Command): string =>
  command.optsWithGlobals<{ host?: string }>().host ?? hostFrom(process.env);

/** `code` is the exit code when there is no daemon and none can be started: 125 for `run`, 1 for the other verbs. */
export async function connectTo(command: Command, code = 1): Promise<Client> {
  const path = socketPath(hostOf(command));
  await ensureDaemon(path, code);
  return new Client(path);
}
