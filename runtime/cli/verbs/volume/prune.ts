import type { Command } from 'commander';
import { connectTo } from '../../client/connection.ts';
import { filters } from '../../flags/filters.ts';
import { collect, verb } from '../../flags/verb.ts';
import { print } from '../../terminal/columns.ts';
import { decimalSize } from '../../terminal/format.ts';

interface Options {
  all?: boolean;
  filter?: string[];
}
interface Answer {
  VolumesDeleted: string[];
  SpaceReclaimed: number;
}

export function prune(): Command {
  return verb('prune', 'Remove volumes that no container has.', 'volume prune', 'volume prune --all')
    .option('-a, --all', 'also those with a name')
    .option('-f, --force', 'accepted for scripts made for docker: nothing is asked')
    .option('--filter <name=value>', 'only those that match: label, label!', collect)
    .action(async ({ all, filter }: Options, command: Command) => {
      const client = await connectTo(command);
      const query = { filters: filters(filter, all ? { all: 'true' } : {}) };
      const { VolumesDeleted, SpaceReclaimed } = await client.post<Answer>('/volumes/prune', query);
      for (const name of VolumesDeleted) print(name);
      print(`Total reclaimed space: ${decimalSize(SpaceReclaimed)}`);
    });
}
