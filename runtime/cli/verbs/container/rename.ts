import type { Command } from 'commander';
import { containerPath } from '../../client/client.ts';
import { connectTo } from '../../client/connection.ts';
import { verb } from '../../flags/verb.ts';

export function command(): Command {
  return verb('rename', 'Give a container another name.', 'rename web old-web')
    .argument('<container>')
    .argument('<name>')
    .action(async (from: string, name: string, _: object, command: Command) =>
      (await connectTo(command)).post(containerPath(from, '/rename'), { name }),
    );
}
