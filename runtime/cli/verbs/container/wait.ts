import type { Command } from 'commander';
import { containerPath } from '../../client/client.ts';
import { connectTo } from '../../client/connection.ts';
import { print } from '../../terminal/columns.ts';
import { each, verb } from '../../flags/verb.ts';

export function command(): Command {
  return verb('wait', 'Wait until containers end, and print their exit codes.', 'wait web')
    .argument('<container...>')
    .action(async (names: string[], _: object, command: Command) => {
      const client = await connectTo(command);
      await each(names, async (name) =>
        print(String((await client.post<{ StatusCode: number }>(containerPath(name, '/wait'))).StatusCode)),
      );
    });
}
