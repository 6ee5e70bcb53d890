import type { Command } from 'commander';
import { visible } from '../../../journal/visible.ts';
import { containerPath } from '../../client/client.ts';
import { connectTo } from '../../client/connection.ts';
import { json, table } from '../../terminal/columns.ts';
import { verb } from '../../flags/verb.ts';

export function command(): Command {
  return verb(
    'top',
    'List the processes of a container, as the host numbers them. What follows the name goes to ps.',
    'top web',
    'top web aux',
  )
    .argument('<container>')
    .argument('[arguments...]')
    .passThroughOptions()
    .option('--json', "the daemon's answer as it is")
    .action(async (name: string, words: string[], options: { json?: boolean }, command: Command) => {
      const answer = await (
        await connectTo(command)
      ).get<{ Titles: string[]; Processes: string[][] }>(containerPath(name, '/top'), { ps_args: words.join(' ') });
      if (options.json) return json(answer);
      process.stdout.write(table([answer.Titles, ...answer.Processes].map((row) => row.map(visible))));
    });
}
