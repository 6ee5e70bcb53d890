/** From a verb's command line to a client of a daemon that listens. */
import type { Command } from 'commander';
import { hostFrom, socketPath } from './address.ts';
import { ensureDaemon } from './autostart.ts';
import { Client } from './client.ts';

/** -H of `drydock`, or of the environment; a daemon with another exec root listens there (see daemon-settings.ts). */
export const hostOf = (command: Command): string =>
  command.optsWithGlobals<{ host?: string }>().host ?? hostFrom(process.env);

/** `code` is the exit code when there is no daemon and none can be started: 125 for run, 1 for others. */
export async function connectTo(command: Command, code = 1): Promise<Client> {
  const path = socketPath(hostOf(command));
  await ensureDaemon(path, code);
  return new Client(path);
}
