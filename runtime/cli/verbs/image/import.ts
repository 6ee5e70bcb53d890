import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import type { IncomingMessage } from 'node:http';
import type { Command } from 'commander';
import { connectTo } from '../../client/connection.ts';
import { splitReference } from '../../client/images-create.ts';
import { Failure } from '../../failure/failure.ts';
import { collect, verb } from '../../flags/verb.ts';
import { print } from '../../terminal/columns.ts';
import type { ProgressLine } from '../../terminal/progress.ts';

interface Options {
  change?: string[];
  message?: string;
  platform?: string;
  step?: boolean;
  break?: string[];
}

export function command(): Command {
  return verb(
    'import',
    'Make an image of an archive of files.',
    'import root.tar.gz mine:1.0',
    `import -c 'CMD ["/bin/sh"]' - mine < root.tar`,
    'import https://example.org/root.tar.xz mine',
    'import --step root.tar mine',
  )
    .argument('<source>', 'a file, a URL, or - for stdin')
    .argument('[name]', 'the name of the image; without one it has only an id')
    .option('-c, --change <instruction>', 'CMD, ENV, LABEL … as in a Dockerfile; repeatable', collect)
    .option('-m, --message <message>', 'a comment')
    .option('--platform <os/arch>', 'for which platform the files are')
    .option('--step', 'stop before every step; show and explain it')
    .option('--break <step>', 'stop before a step or a system call; repeatable', collect)
    .action(run);
}

async function run(source: string, name: string | undefined, options: Options, command: Command): Promise<void> {
  const { change, message, platform, ...walk } = options;
  const isUrl = /^https?:\/\//.test(source);
  const stream = isUrl ? undefined : source === '-' ? process.stdin : createReadStream(source);
  const client = await connectTo(command);
  const named = name ? { repo: splitReference(name).name, tag: splitReference(name).tag } : {};
  const query = { fromSrc: isUrl ? source : '-', ...named, message, platform, changes: change };
  const request = { query, ...(stream && { stream, headers: { 'Content-Type': 'application/x-tar' } }) };
  if (walk.step || walk.break) {
    const { OperationWalk } = await import('../../step/operation-walk.ts');
    return (await OperationWalk.open(client, walk)).along('POST', '/images/create', request, show);
  }
  await show(await client.open('POST', '/images/create', request));
}

/** The last line is the image's id. Throws Failure with the daemon's message. */
async function show(answer: IncomingMessage): Promise<void> {
  for await (const text of createInterface({ input: answer, crlfDelay: Infinity })) {
    if (!text.trim()) continue;
    const { status, error, errorDetail } = JSON.parse(text) as ProgressLine;
    if (error) throw new Failure(errorDetail?.message ?? error, 1);
    if (status) print(status);
  }
}
