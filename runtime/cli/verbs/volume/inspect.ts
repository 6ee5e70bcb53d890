import type { Command } from 'commander';
import { volumePath } from '../../client/client.ts';
import { connectTo } from '../../client/connection.ts';
import { each, verb } from '../../flags/verb.ts';
import { json } from '../../terminal/columns.ts';

export function inspect(): Command {
  return verb('inspect', 'Show all that is known of volumes as JSON.', 'volume inspect data')
    .argument('<volume...>')
    .action(async (names: string[], _options: object, command: Command) => {
      const client = await connectTo(command);
      const found: object[] = [];
      await each(names, async (name) => void found.push(await client.get(volumePath(name))));
      json(found);
    });
}
