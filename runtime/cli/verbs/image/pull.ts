import type { Command } from 'commander';
import { connectTo } from '../../client/connection.ts';
import { print } from '../../terminal/columns.ts';
import { misuse } from '../../failure/failure.ts';
import { pullImage, splitReference } from '../../client/images-create.ts';
import { collect, verb } from '../../flags/verb.ts';

interface Options {
  platform?: string;
  quiet?: boolean;
  step?: boolean;
  break?: string[];
}

const fullName = (image: string): string =>
  `${splitReference(image).name}${image.includes('@') ? '@' : ':'}${splitReference(image).tag}`;

export function command(): Command {
  return verb(
    'pull',
    'Fetch an image from its registry.',
    'pull ubuntu',
    'pull --platform linux/arm64 debian:12',
    'pull -q localhost:5000/a/b@sha256:…',
    'pull --step ubuntu',
    'pull --break pull.unpack-layers ubuntu',
  )
    .argument('<image>')
    .option('--platform <os/arch>', 'another platform than this machine')
    .option('-q, --quiet', 'print the name only')
    .option('--step', 'stop before every step; show, explain and step into its requests')
    .option('--break <step>', 'stop before a step, a system call or a request (http); repeatable', collect)
    .action(async (image: string, { platform, quiet = false, ...walk }: Options, command: Command) => {
      if (quiet && walk.step) throw misuse('conflicting options: cannot specify both --step and --quiet');
      const client = await connectTo(command);
      if (walk.step || walk.break) {
        const { OperationWalk } = await import('../../step/operation-walk.ts');
        await (
          await OperationWalk.open(client, walk)
        ).go({ kind: 'pull', reference: fullName(image), ...(platform && { platform }) });
        return print(fullName(image));
      }
      await pullImage(client, image, { ...(platform && { platform }), quiet, out: process.stdout });
      if (quiet) print(fullName(image));
    });
}
