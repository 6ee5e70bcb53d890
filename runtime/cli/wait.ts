import type { Command } from 'commander';
import { containerPath } from './client.ts';
import { connectTo } from './connection.ts';
import { print } from './columns.ts';
import { each, verb } from './verb.ts';

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
