import type { Command } from 'commander';
import { imagePath } from '../../client/client.ts';
import { connectTo } from '../../client/connection.ts';
import { json, print, show, type Column } from '../../terminal/columns.ts';
import { age, decimalSize, ellipsis, shortID } from '../../terminal/format.ts';
import { tableFormat } from '../../flags/filters.ts';
import { verb } from '../../flags/verb.ts';

interface Options {
  quiet?: boolean;
  trunc: boolean;
  json?: boolean;
  format?: string;
}
interface Row {
  Id: string;
  Created: number;
  CreatedBy: string;
  Size: number;
  Comment: string;
}

const columns = (full: boolean): Column<Row>[] => [
  ['IMAGE', 'ID', (r) => (r.Id === '<missing>' || full ? r.Id : shortID(r.Id))],
  ['CREATED', 'CreatedSince', (r) => (r.Created ? `${age(Date.now() / 1000 - r.Created)} ago` : 'N/A')],
  ['CREATED BY', 'CreatedBy', (r) => (full ? r.CreatedBy : ellipsis(r.CreatedBy, 45))],
  ['SIZE', 'Size', (r) => decimalSize(r.Size)],
  ['COMMENT', 'Comment', (r) => r.Comment ?? ''],
];

export function command(): Command {
  return verb('history', 'List how an image came to be, newest first.', 'history ubuntu', 'history --no-trunc ubuntu')
    .argument('<image>')
    .option('-q, --quiet', 'ids only')
    .option('--no-trunc', 'do not shorten')
    .option('--format <format>', 'table, or json: one object a line', tableFormat)
    .option('--json', "the daemon's answer as it is")
    .action(async (image: string, options: Options, command: Command) => {
      const rows = await (await connectTo(command)).get<Row[]>(imagePath(image, '/history'));
      if (options.json) return json(rows);
      if (options.quiet) return rows.forEach(({ Id }) => print(options.trunc && Id !== '<missing>' ? shortID(Id) : Id));
      show(columns(!options.trunc), rows, options.format);
    });
}
