import { createReadStream } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import type { Command } from 'commander';
import { connectTo } from '../../client/connection.ts';
import { platformQuery } from '../../client/platform.ts';
import { Failure, misuse } from '../../failure/failure.ts';
import { collect, verb } from '../../flags/verb.ts';
import { Progress, type ProgressLine } from '../../terminal/progress.ts';

interface Options {
  input?: string;
  quiet?: boolean;
  platform?: string;
  step?: boolean;
  break?: string[];
}

export function command(): Command {
  return verb(
    'load',
    'Add the images of an archive: of `save`, or an OCI layout.',
    'load < ubuntu.tar',
    'load -i all.tar.gz',
    'load --step -i ubuntu.tar',
  )
    .option('-i, --input <file>', 'read a file instead of stdin')
    .option('-q, --quiet', 'no progress')
    .option('--platform <os/arch>', 'only images of this platform')
    .option('--step', 'stop before every step; show and explain it')
    .option('--break <step>', 'stop before a step or a system call; repeatable', collect)
    .action(run);
}

async function run({ input, quiet = false, platform, ...walk }: Options, command: Command): Promise<void> {
  if (!input && process.stdin.isTTY) throw misuse('requested load from stdin, but stdin is empty');
  const stream: Readable = input ? await opened(input) : process.stdin;
  const client = await connectTo(command);
  const request = {
    query: { quiet: quiet ? 1 : 0, ...platformQuery(platform) },
    headers: { 'Content-Type': 'application/x-tar' },
    stream,
  };
  if (walk.step || walk.break) {
    const { OperationWalk } = await import('../../step/operation-walk.ts');
    const walking = await OperationWalk.open(client, walk);
    return walking.along('POST', '/images/load', request, (answer) => show(answer, true));
  }
  await show(await client.open('POST', '/images/load', request), quiet);
}

function opened(path: string): Promise<Readable> {
  const stream = createReadStream(path);
  return new Promise((resolve, reject) => {
    stream.once('error', reject);
    stream.once('open', () => resolve(stream));
  });
}

/** Throws Failure with the daemon's message. */
async function show(answer: IncomingMessage, quiet: boolean): Promise<void> {
  const progress = new Progress(process.stdout, quiet);
  const reader = createInterface({ input: answer, crlfDelay: Infinity });
  reader.on('error', () => undefined);
  try {
    for await (const text of reader) {
      if (!text.trim()) continue;
      const line = JSON.parse(text) as ProgressLine;
      const error = line.errorDetail?.message ?? line.error;
      if (error) throw new Failure(error, 1);
      if (line.stream) {
        progress.finish();
        process.stdout.write(line.stream);
      } else progress.line(line);
    }
  } finally {
    progress.finish();
  }
}
