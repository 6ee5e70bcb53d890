import type { Command } from 'commander';
import { Client } from '../../client/client.ts';
import { absence, daemonOf, nameOf } from '../../client/connection.ts';
import { Failure } from '../../failure/failure.ts';
import { verb } from '../../flags/verb.ts';

export function command(): Command {
  return verb(
    'shutdown',
    'End the daemon. Containers belong to their shims and go on; the next daemon adopts them.',
    'shutdown',
  ).action(async (_: object, command: Command) => {
    const to = daemonOf(command);
    if (await absence(to)) throw new Failure(`no daemon listens at ${nameOf(to)}`);
    await new Client(to).post('/drydock/shutdown');
  });
}
