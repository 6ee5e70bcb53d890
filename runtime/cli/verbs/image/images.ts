import type { Command } from 'commander';
import { connectTo } from '../../client/connection.ts';
import { json, print, show, type Column } from '../../terminal/columns.ts';
import { filters, tableFormat } from '../../flags/filters.ts';
import { age, decimalSize, shortID } from '../../terminal/format.ts';
import { collect, verb } from '../../flags/verb.ts';

interface Options {
  all?: boolean;
  quiet?: boolean;
  filter?: string[];
  format?: string;
  json?: boolean;
  trunc: boolean;
  digests?: boolean;
}
interface Answer {
  Id: string;
  RepoTags: string[] | null;
  RepoDigests: string[] | null;
  Created: number;
  Size: number;
}
interface Row {
  repository: string;
  tag: string;
  digest: string;
  image: Answer;
}

/** One row for each name of each image. An image without a name has one row. */
function rows(images: readonly Answer[]): Row[] {
  return images.flatMap((image) => {
    const digestOf = (repository: string) =>
      image.RepoDigests?.find((d) => d.startsWith(`${repository}@`))?.split('@')[1] ?? '<none>';
    const tags = image.RepoTags?.length ? image.RepoTags : ['<none>:<none>'];
    return tags.map((name) => {
      const colon = name.lastIndexOf(':');
      const repository = name.slice(0, colon);
      return { repository, tag: name.slice(colon + 1), digest: digestOf(repository), image };
    });
  });
}

const columns = (full: boolean, digests: boolean): Column<Row>[] => [
  ['REPOSITORY', 'Repository', (r) => r.repository],
  ['TAG', 'Tag', (r) => r.tag],
  ...(digests ? [['DIGEST', 'Digest', (r) => r.digest] satisfies Column<Row>] : []),
  ['IMAGE ID', 'ID', (r) => (full ? r.image.Id : shortID(r.image.Id))],
  ['CREATED', 'CreatedSince', (r) => `${age(Date.now() / 1000 - r.image.Created)} ago`],
  ['SIZE', 'Size', (r) => decimalSize(r.image.Size)],
];

export function command(): Command {
  return verb(
    'images',
    'List the images on this machine.',
    'images',
    'images -q',
    'images --digests ubuntu',
    'images --json',
  )
    .argument('[name]')
    .option('-a, --all', 'also intermediate images')
    .option('-q, --quiet', 'ids only')
    .option('-f, --filter <name=value>', 'only those that match: reference, label, dangling', collect)
    .option('--digests', 'show digests')
    .option('--no-trunc', 'do not shorten')
    .option('--format <format>', 'table, or json: one object a line', tableFormat)
    .option('--json', "the daemon's answer as it is")
    .action(async (name: string | undefined, options: Options, command: Command) => {
      const images = await (
        await connectTo(command)
      ).get<Answer[]>('/images/json', {
        all: options.all,
        filters: filters(options.filter, name ? { reference: name } : {}),
      });
      if (options.json) return json(images);
      if (options.quiet)
        return [...new Set(images.map(({ Id }) => Id))].forEach((id) => print(options.trunc ? shortID(id) : id));
      show(columns(!options.trunc, Boolean(options.digests)), rows(images), options.format);
    });
}
