import type { Command } from 'commander';
import { imagePath } from '../../client/client.ts';
import { connectTo } from '../../client/connection.ts';
import { splitReference } from '../../client/images-create.ts';
import { platformQuery } from '../../client/platform.ts';
import { Failure, misuse } from '../../failure/failure.ts';
import { collect, verb } from '../../flags/verb.ts';
import { print } from '../../terminal/columns.ts';
import { Progress, type ProgressLine } from '../../terminal/progress.ts';

interface Options {
  allTags?: boolean;
  platform?: string;
  quiet?: boolean;
  step?: boolean;
  break?: string[];
}

export function command(): Command {
  return verb(
    'push',
    'Send an image to the registry that its name says.',
    'push localhost:5000/me/app:1.0',
    'push -a localhost:5000/me/app',
    'push --step localhost:5000/me/app',
  )
    .argument('<image>')
    .option('-a, --all-tags', 'all tags of the repository')
    .option('--platform <os/arch>', 'only an image of this platform')
    .option('-q, --quiet', 'print the name only')
    .option('--step', 'stop before every step; show, explain and step into its requests')
    .option('--break <step>', 'stop before a step, a system call or a request (http); repeatable', collect)
    .action(run);
}

async function run(image: string, options: Options, command: Command): Promise<void> {
  const { allTags = false, platform, quiet = false, ...walk } = options;
  if (image.includes('@')) throw misuse('cannot push a digest reference');
  const { name, tag } = splitReference(image);
  if (allTags && name !== image) throw misuse("tag can't be used with --all-tags/-a");
  const client = await connectTo(command);
  if (walk.step || walk.break) {
    if (allTags) throw misuse('conflicting options: --all-tags cannot be walked, push one tag');
    const { OperationWalk } = await import('../../step/operation-walk.ts');
    await (await OperationWalk.open(client, walk)).go({ kind: 'push', reference: `${name}:${tag}` });
    return print(`${name}:${tag}`);
  }
  const progress = new Progress(process.stdout, quiet);
  const query = { ...(!allTags && { tag }), ...platformQuery(platform) };
  try {
    for await (const line of client.lines<ProgressLine>('POST', imagePath(name, '/push'), { query })) {
      const error = line.errorDetail?.message ?? line.error;
      if (error) throw new Failure(error, 1);
      progress.line(line);
    }
  } finally {
    progress.finish();
  }
  if (quiet) print(allTags ? name : `${name}:${tag}`);
}
