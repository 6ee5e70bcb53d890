import type { Command } from 'commander';
import { Client } from '../../client/client.ts';
import { hostOf } from '../../client/connection.ts';
import { socketPath } from '../../client/address.ts';
import { probe } from '../../client/autostart.ts';
import { Failure } from '../../failure/failure.ts';
import { verb } from '../../flags/verb.ts';

export function command(): Command {
  return verb(
    'shutdown',
    'End the daemon. Containers belong to their shims and go on; the next daemon adopts them.',
    'shutdown',
  ).action(async (_: object, command: Command) => {
    const path = socketPath(hostOf(command));
    if (await probe(path)) throw new Failure(`no daemon listens at ${path}`);
    await new Client(path).post('/drydock/shutdown');
  });
}
