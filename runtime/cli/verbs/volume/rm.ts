import type { Command } from 'commander';
import { volumePath } from '../../client/client.ts';
import { connectTo } from '../../client/connection.ts';
import { each, verb } from '../../flags/verb.ts';
import { print } from '../../terminal/columns.ts';
import { walkFlags, type WalkFlags } from './walk-flags.ts';

interface Options extends WalkFlags {
  force?: boolean;
}

export function rm(): Command {
  const command = verb('rm', 'Remove volumes with all files in them.', 'volume rm data', 'volume rm --step data')
    .argument('<volume...>')
    .option('-f, --force', 'an absent volume is no error');
  return walkFlags(command).action(async (names: string[], options: Options, command: Command) => {
    const client = await connectTo(command);
    const { OperationWalk } = await import('../../step/operation-walk.ts');
    await each(names, async (name) => {
      if (options.step || options.break)
        await (await OperationWalk.open(client, options)).go({ kind: 'volume-remove', Name: name });
      else await client.call('DELETE', volumePath(name), { query: { force: options.force } });
      print(name);
    });
  });
}
