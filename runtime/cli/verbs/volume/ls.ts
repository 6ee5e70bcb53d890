import type { Command } from 'commander';
import { connectTo } from '../../client/connection.ts';
import { filters, tableFormat } from '../../flags/filters.ts';
import { collect, verb } from '../../flags/verb.ts';
import { print, show, type Column } from '../../terminal/columns.ts';

interface Options {
  quiet?: boolean;
  filter?: string[];
  format?: string;
}
interface Row {
  Name: string;
  Driver: string;
  Mountpoint: string;
}
const columns: Column<Row>[] = [
  ['DRIVER', 'Driver', ({ Driver }) => Driver],
  ['VOLUME NAME', 'Name', ({ Name }) => Name],
  ['MOUNTPOINT', 'Mountpoint', ({ Mountpoint }) => Mountpoint],
];

export function ls(): Command {
  return verb('ls', 'List volumes.', 'volume ls', 'volume ls -f dangling=true')
    .alias('list')
    .option('-q, --quiet', 'names only')
    .option('-f, --filter <name=value>', 'only those that match: dangling, driver, label, name', collect)
    .option('--format <format>', 'table, or json: one object a line', tableFormat)
    .action(async ({ quiet, filter, format }: Options, command: Command) => {
      const client = await connectTo(command);
      const { Volumes } = await client.get<{ Volumes: Row[] }>('/volumes', { filters: filters(filter) });
      const rows = Volumes.sort((a, b) => (a.Name < b.Name ? -1 : 1));
      if (quiet) return rows.forEach(({ Name }) => print(Name));
      show(columns, rows, format);
    });
}
