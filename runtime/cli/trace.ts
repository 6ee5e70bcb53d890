import type { Command } from 'commander';
import type { Event } from '../journal/event.ts';
import { drydockPath } from './client.ts';
import { connectTo } from './connection.ts';
import { json, print } from './columns.ts';
import { Lifecycle } from './lifecycle.ts';
import { paint } from './step/paint.ts';
import { Transcript } from './step/transcript.ts';
import { verb } from './verb.ts';

export function command(): Command {
  return verb('trace', "Print a container's journal: every step, and every system call in it with its arguments, result and duration, as strace shows them.",
    'trace web', 'trace -f web', "trace --json web | jq 'select(.type == \"call\") | .name'")
    .argument('<container>')
    .option('-f, --follow', 'go on with what comes')
    .option('-n, --numbers', 'the number of each event, as `drydock frame` takes it')
    .option('--json', 'the raw events, one a line')
    .action(async (name: string, { follow, numbers, ...options }: { follow?: boolean; numbers?: boolean; json?: boolean }, command: Command) => {
      const client = await connectTo(command);
      const transcript = new Transcript(options.json ? new Lifecycle([]) : await Lifecycle.fetch(client), paint(process.stdout));
      for await (const event of client.lines<Event>('GET', drydockPath(name, '/journal'), { query: { follow } })) {
        if (options.json) json(event, 0);
        else for (const line of transcript.lines(event)) print(numbers ? `${String(event.seq).padStart(5)} ${line}` : line);
      }
    });
}
