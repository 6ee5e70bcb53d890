import type { Command } from 'commander';
import { visible } from '../../../journal/visible.ts';
import { imagePath } from '../../client/client.ts';
import { connectTo } from '../../client/connection.ts';
import { print } from '../../terminal/columns.ts';
import { each, verb } from '../../flags/verb.ts';

interface Options {
  force?: boolean;
  prune: boolean;
}

export function command(): Command {
  return verb(
    'rmi',
    'Remove images: the name, and with the last name the image and its layers.',
    'rmi ubuntu',
    'rmi -f $(drydock images -q)',
  )
    .argument('<image...>')
    .option('-f, --force', 'even when stopped containers use it')
    .option('--no-prune', 'keep untagged parents')
    .action(async (names: string[], { force, prune }: Options, command: Command) => {
      const client = await connectTo(command);
      await each(names, async (name) => {
        const done = await client.call<Record<string, string>[]>('DELETE', imagePath(name), {
          query: { force, noprune: !prune },
        });
        for (const entry of done)
          for (const [what, which] of Object.entries(entry)) print(visible(`${what}: ${which}`));
      });
    });
}
