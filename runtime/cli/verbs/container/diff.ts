import type { Command } from 'commander';
import { visible } from '../../../journal/visible.ts';
import { containerPath } from '../../client/client.ts';
import { connectTo } from '../../client/connection.ts';
import { verb } from '../../flags/verb.ts';
import { print } from '../../terminal/columns.ts';

/** docker's letters: changed, added, deleted. */
const LETTERS = ['C', 'A', 'D'];

export function command(): Command {
  return verb('diff', "List what a container has changed of its image's files.", 'diff web')
    .argument('<container>')
    .action(async (name: string, _options: object, command: Command) => {
      const client = await connectTo(command);
      const changes = await client.get<{ Path: string; Kind: number }[] | null>(containerPath(name, '/changes'));
      for (const { Path, Kind } of changes ?? []) print(`${LETTERS[Kind] ?? '?'} ${visible(Path)}`);
    });
}
