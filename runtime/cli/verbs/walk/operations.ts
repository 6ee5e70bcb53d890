import type { Command } from 'commander';
import { connectTo } from '../../client/connection.ts';
import { json, print, show, type Column } from '../../terminal/columns.ts';
import { tableFormat } from '../../flags/filters.ts';
import { age } from '../../terminal/format.ts';
import { verb } from '../../flags/verb.ts';

interface Row {
  id: string;
  kind: string;
  subject: { name: string };
  state: string;
  created: number;
  ended?: number;
  error: string;
}

const took = ({ created, ended = Date.now() }: Row): string => `${((ended - created) / 1000).toFixed(1)} s`;
const columns = (full: boolean): Column<Row>[] => [
  ['OPERATION', 'ID', ({ id }) => (full ? id : id.slice(0, 12))],
  ['KIND', 'Kind', ({ kind }) => kind],
  ['OF', 'Subject', ({ subject }) => subject.name],
  ['STATE', 'State', ({ state }) => state],
  ['BEGUN', 'Created', ({ created }) => `${age((Date.now() - created) / 1000)} ago`],
  ['TOOK', 'Took', took],
  ['ERROR', 'Error', ({ error }) => error],
];

export function command(): Command {
  return verb(
    'operations',
    'List what was done without a container: pulls, the newest first. Each has a journal: give its id to trace, frame, gate and record.',
    'operations',
    'operations -q | head -1 | xargs drydock trace',
    'operations --json',
  )
    .option('-q, --quiet', 'ids only')
    .option('--no-trunc', 'do not shorten')
    .option('--format <format>', 'table, or json: one object a line', tableFormat)
    .option('--json', "the daemon's answer as it is")
    .action(async (options: { quiet?: boolean; trunc: boolean; format?: string; json?: boolean }, command: Command) => {
      const rows = await (await connectTo(command)).get<Row[]>('/drydock/operations');
      if (options.json) return json(rows);
      if (options.quiet) return rows.forEach(({ id }) => print(options.trunc ? id.slice(0, 12) : id));
      show(columns(!options.trunc), rows, options.format);
    });
}
