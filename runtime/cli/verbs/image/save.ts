import { createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import type { Command } from 'commander';
import { connectTo } from '../../client/connection.ts';
import { platformQuery } from '../../client/platform.ts';
import { misuse } from '../../failure/failure.ts';
import { collect, verb } from '../../flags/verb.ts';

interface Options {
  output?: string;
  platform?: string;
  step?: boolean;
  break?: string[];
}

export function command(): Command {
  return verb(
    'save',
    'Write images into a tar archive that docker, podman and skopeo read.',
    'save ubuntu > ubuntu.tar',
    'save -o all.tar ubuntu debian:12',
    'save --step -o ubuntu.tar ubuntu',
  )
    .argument('<image...>')
    .option('-o, --output <file>', 'write to a file instead of stdout')
    .option('--platform <os/arch>', 'only an image of this platform')
    .option('--step', 'stop before every step; show and explain it')
    .option('--break <step>', 'stop before a step or a system call; repeatable', collect)
    .action(run);
}

async function run(names: string[], { output, platform, ...walk }: Options, command: Command): Promise<void> {
  if (!output && process.stdout.isTTY)
    throw misuse('cowardly refusing to save to a terminal. Use the -o flag or redirect');
  const client = await connectTo(command);
  const query = { names, ...platformQuery(platform) };
  const into = () => (output ? createWriteStream(output) : process.stdout);
  if (walk.step || walk.break) {
    const { OperationWalk } = await import('../../step/operation-walk.ts');
    const walking = await OperationWalk.open(client, walk);
    await walking.along('GET', '/images/get', { query }, (answer) => pipeline(answer, into()));
    return;
  }
  await pipeline(await client.open('GET', '/images/get', { query }), into());
}
