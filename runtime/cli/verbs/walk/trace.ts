import type { Command } from 'commander';
import type { Event } from '../../../journal/event.ts';
import { perfetto } from '../../../journal/perfetto.ts';
import { drydockPath, type Client } from '../../client/client.ts';
import { connectTo } from '../../client/connection.ts';
import { json, print } from '../../terminal/columns.ts';
import { Lifecycle } from '../../client/lifecycle.ts';
import { paint } from '../../step/paint.ts';
import { Transcript } from '../../step/transcript.ts';
import { verb } from '../../flags/verb.ts';

async function exportTrace(client: Client, name: string): Promise<void> {
  const events: Event[] = [];
  for await (const event of client.lines<Event>('GET', drydockPath(name, '/journal'))) events.push(event);
  json(perfetto(events, name), 0);
}

export function command(): Command {
  return verb(
    'trace',
    'Print the journal of a container or an operation: every step, and every system call in it with its arguments, result and duration, as strace shows them.',
    'trace web',
    'trace -f web',
    'trace --json web | jq \'select(.type == "call") | .name\'',
  )
    .argument('<container|operation>')
    .option('-f, --follow', 'go on with what comes')
    .option('-n, --numbers', 'the number of each event, as `drydock frame` takes it')
    .option('--json', 'the raw events, one a line')
    .option('--perfetto', 'for ui.perfetto.dev or chrome://tracing: JSON in the Trace Event Format')
    .action(
      async (
        name: string,
        { follow, numbers, ...options }: { follow?: boolean; numbers?: boolean; json?: boolean; perfetto?: boolean },
        command: Command,
      ) => {
        const client = await connectTo(command);
        if (options.perfetto) return exportTrace(client, name);
        const transcript = new Transcript(
          options.json ? new Lifecycle([]) : await Lifecycle.fetch(client),
          paint(process.stdout),
        );
        for await (const event of client.lines<Event>('GET', drydockPath(name, '/journal'), { query: { follow } })) {
          if (options.json) json(event, 0);
          else
            for (const line of transcript.lines(event))
              print(numbers ? `${String(event.seq).padStart(5)} ${line}` : line);
        }
      },
    );
}
