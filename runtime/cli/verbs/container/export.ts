import { createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import type { Command } from 'commander';
import { containerPath } from '../../client/client.ts';
import { connectTo } from '../../client/connection.ts';
import { misuse } from '../../failure/failure.ts';
import { verb } from '../../flags/verb.ts';

export function command(): Command {
  return verb('export', "Write a container's files as a tar archive.", 'export web > web.tar', 'export -o web.tar web')
    .argument('<container>')
    .option('-o, --output <file>', 'write to a file instead of stdout')
    .action(async (name: string, { output }: { output?: string }, command: Command) => {
      if (!output && process.stdout.isTTY)
        throw misuse('cowardly refusing to save to a terminal. Use the -o flag or redirect');
      const client = await connectTo(command);
      const answer = await client.open('GET', containerPath(name, '/export'));
      await pipeline(answer, output ? createWriteStream(output) : process.stdout);
    });
}
