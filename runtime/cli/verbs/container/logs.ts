import type { Command } from 'commander';
import { containerPath } from '../../client/client.ts';
import { connectTo } from '../../client/connection.ts';
import { misuse } from '../../failure/failure.ts';
import type { Inspected } from '../../client/inspected.ts';
import { moment } from '../../flags/seconds.ts';
import { copyOutput } from '../../client/streams.ts';
import { verb } from '../../flags/verb.ts';

interface Options {
  follow?: boolean;
  tail: string;
  since?: string;
  until?: string;
  timestamps?: boolean;
  details?: boolean;
}

function tail(text: string): string {
  if (text !== 'all' && !/^\d+$/.test(text))
    throw misuse(`invalid argument "${text}" for "-n, --tail" flag: give a number or "all"`);
  return text;
}

export function command(): Command {
  return verb(
    'logs',
    'Print what a container wrote to stdout and stderr.',
    'logs web',
    'logs -f --tail 10 web',
    'logs --since 10m --timestamps web',
  )
    .argument('<container>')
    .option('-f, --follow', 'go on with what comes')
    .option('-n, --tail <lines>', 'only the last lines', tail, 'all')
    .option('--since <time>', 'only after a date, or 10m ago', (text: string) => moment(text))
    .option('--until <time>', 'only before a date, or 10m ago', (text: string) => moment(text))
    .option('-t, --timestamps', 'the time before each line')
    .option('--details', 'the labels, variables and tag that --log-opt names before each line')
    .action(async (name: string, { follow, timestamps, details, since, until, tail }: Options, command: Command) => {
      const client = await connectTo(command);
      const { Id, Config } = await client.get<Inspected>(containerPath(name, '/json'));
      const log = await client.open('GET', containerPath(Id, '/logs'), {
        query: { stdout: 1, stderr: 1, tail, follow, timestamps, details, since, until },
      });
      await copyOutput(log, Buffer.alloc(0), Config.Tty, process);
    });
}
