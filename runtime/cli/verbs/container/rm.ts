import type { Command } from 'commander';
import { containerPath } from '../../client/client.ts';
import { connectTo } from '../../client/connection.ts';
import { print, warn } from '../../terminal/columns.ts';
import { DaemonError } from '../../failure/failure.ts';
import { each, verb } from '../../flags/verb.ts';

interface Options {
  force?: boolean;
  volumes?: boolean;
}

export function command(): Command {
  return verb('rm', 'Remove stopped containers with all that they own.', 'rm web', 'rm -f $(drydock ps -aq)')
    .argument('<container...>')
    .option('-f, --force', 'kill running containers first; a missing one is no error')
    .option('-v, --volumes', 'remove anonymous volumes as well')
    .action(async (names: string[], { force, volumes }: Options, command: Command) => {
      const client = await connectTo(command);
      await each(names, async (name) => {
        try {
          await client.call('DELETE', containerPath(name), { query: { force, v: volumes } });
          print(name);
        } catch (error) {
          if (!(force && error instanceof DaemonError && error.status === 404)) throw error;
          warn(`drydock: ${error.message}`);
        }
      });
    });
}
