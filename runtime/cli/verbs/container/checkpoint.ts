import type { Command } from 'commander';
import { containerPath } from '../../client/client.ts';
import { connectTo } from '../../client/connection.ts';
import { tableFormat } from '../../flags/filters.ts';
import { verb } from '../../flags/verb.ts';
import { print, show, type Column } from '../../terminal/columns.ts';

interface Place {
  checkpointDir?: string;
}
interface Making extends Place {
  leaveRunning?: boolean;
}
interface Listing extends Place {
  format?: string;
}
interface Row {
  Name: string;
}

const PLACE = ['--checkpoint-dir <dir>', "a directory of the host (below the container's own)"] as const;
const columns: Column<Row>[] = [['CHECKPOINT NAME', 'Name', ({ Name }) => Name]];
const pathOf = (container: string, rest = '') => containerPath(container, `/checkpoints${rest}`);

const create = (): Command =>
  verb(
    'create',
    'Write the processes of a running container and their memory into files. It ends with that.',
    'checkpoint create web before',
    'checkpoint create --leave-running web before',
  )
    .argument('<container>')
    .argument('<checkpoint>')
    .option(...PLACE)
    .option('--leave-running', 'the container goes on')
    .action(async (container: string, name: string, options: Making, command: Command) => {
      const client = await connectTo(command);
      await client.post(
        pathOf(container),
        {},
        {
          CheckpointID: name,
          Exit: !options.leaveRunning,
          ...(options.checkpointDir && { CheckpointDir: options.checkpointDir }),
        },
      );
      print(name);
    });

const ls = (): Command =>
  verb('ls', 'List the checkpoints of a container.', 'checkpoint ls web')
    .alias('list')
    .argument('<container>')
    .option(...PLACE)
    .option('--format <format>', 'table, or json: one object a line', tableFormat)
    .action(async (container: string, { checkpointDir, format }: Listing, command: Command) => {
      const client = await connectTo(command);
      show(columns, await client.get<Row[]>(pathOf(container), { dir: checkpointDir }), format);
    });

const rm = (): Command =>
  verb('rm', 'Remove a checkpoint of a container.', 'checkpoint rm web before')
    .alias('remove')
    .argument('<container>')
    .argument('<checkpoint>')
    .option(...PLACE)
    .action(async (container: string, name: string, { checkpointDir }: Place, command: Command) => {
      const client = await connectTo(command);
      await client.call('DELETE', pathOf(container, `/${encodeURIComponent(name)}`), { query: { dir: checkpointDir } });
    });

export function command(): Command {
  const all = verb(
    'checkpoint',
    'Write the processes of containers into files, and list and remove what was written; `start --checkpoint` goes on from there. It needs CRIU.',
    'checkpoint create web before',
    'checkpoint ls web',
    'start --checkpoint before web',
  );
  for (const one of [create(), ls(), rm()]) all.addCommand(one);
  return all.helpCommand(false);
}
