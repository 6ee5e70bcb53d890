import type { Command } from 'commander';
import { connectTo } from './connection.ts';
import { print } from './columns.ts';
import { pullImage, splitReference } from './images-create.ts';
import { verb } from './verb.ts';

export function command(): Command {
  return verb('pull', 'Fetch an image from its registry.', 'pull ubuntu', 'pull --platform linux/arm64 debian:12', 'pull -q localhost:5000/a/b@sha256:…')
    .argument('<image>')
    .option('--platform <os/arch>', 'another platform than this machine')
    .option('-q, --quiet', 'print the name only')
    .action(async (image: string, { platform, quiet = false }: { platform?: string; quiet?: boolean }, command: Command) => {
      await pullImage(await connectTo(command), image, { ...(platform && { platform }), quiet, out: process.stdout });
      if (quiet) print(`${splitReference(image).name}${image.includes('@') ? '@' : ':'}${splitReference(image).tag}`);
    });
}
