import type { Command } from 'commander';
import { connectTo } from '../../client/connection.ts';
import { json, print, show, type Column } from '../../terminal/columns.ts';
import { filters, tableFormat } from '../../flags/filters.ts';
import { age, decimalSize, ellipsis, shortID } from '../../terminal/format.ts';
import { seconds } from '../../flags/seconds.ts';
import { collect, verb } from '../../flags/verb.ts';

interface Options {
  all?: boolean;
  quiet?: boolean;
  filter?: string[];
  format?: string;
  json?: boolean;
  trunc: boolean;
  last?: number;
  latest?: boolean;
  size?: boolean;
}
interface Port {
  IP?: string;
  PrivatePort: number;
  PublicPort?: number;
  Type: string;
}
interface Row {
  Id: string;
  Names: string[] | null;
  Image: string;
  Command: string;
  Created: number;
  State: string;
  Status: string;
  Ports?: Port[] | null;
  SizeRw?: number;
  SizeRootFs?: number;
}

/** '0.0.0.0:8080->80/tcp', '80/tcp' */
const port = ({ IP, PrivatePort, PublicPort, Type }: Port): string =>
  `${PublicPort === undefined ? '' : `${IP?.includes(':') ? `[${IP}]` : IP}:${PublicPort}->`}${PrivatePort}/${Type}`;

function columns(full: boolean, size: boolean): Column<Row>[] {
  return [
    ['CONTAINER ID', 'ID', (c) => (full ? c.Id : shortID(c.Id))],
    ['IMAGE', 'Image', (c) => (/^sha256:/.test(c.Image) && !full ? shortID(c.Image) : c.Image)],
    ['COMMAND', 'Command', (c) => `"${full ? c.Command : ellipsis(c.Command, 20)}"`],
    ['CREATED', 'CreatedAt', (c) => `${age(Date.now() / 1000 - c.Created)} ago`],
    ['STATUS', 'Status', (c) => c.Status],
    ['PORTS', 'Ports', (c) => (c.Ports ?? []).map(port).join(', ')],
    ['NAMES', 'Names', (c) => (c.Names ?? []).map((name) => name.replace(/^\//, '')).join(',')],
    ...(size
      ? [
          [
            'SIZE',
            'Size',
            (c) => `${decimalSize(c.SizeRw ?? 0)} (virtual ${decimalSize(c.SizeRootFs ?? 0)})`,
          ] satisfies Column<Row>,
        ]
      : []),
  ];
}

export function command(): Command {
  return verb(
    'ps',
    'List containers: the running ones, or all of them.',
    'ps',
    'ps -a --filter status=exited',
    'ps -aq',
    'ps --json',
  )
    .option('-a, --all', 'also those that do not run')
    .option('-q, --quiet', 'ids only')
    .option('-f, --filter <name=value>', 'only those that match: status, name, label, id, ancestor, exited', collect)
    .option('-n, --last <number>', 'the last created ones, in any state', seconds)
    .option('-l, --latest', 'the last created one, in any state')
    .option('-s, --size', 'sizes of the rw layers')
    .option('--no-trunc', 'do not shorten')
    .option('--format <format>', 'table, or json: one object a line', tableFormat)
    .option('--json', "the daemon's answer as it is")
    .action(async (options: Options, command: Command) => {
      const client = await connectTo(command);
      const limit = options.latest ? 1 : options.last;
      const rows = await client.get<Row[]>('/containers/json', {
        all: options.all || limit !== undefined,
        limit,
        size: options.size,
        filters: filters(options.filter),
      });
      if (options.json) return json(rows);
      if (options.quiet) return rows.forEach((row) => print(options.trunc ? shortID(row.Id) : row.Id));
      show(columns(!options.trunc, Boolean(options.size)), rows, options.format);
    });
}
