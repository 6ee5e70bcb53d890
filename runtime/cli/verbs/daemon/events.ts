import type { Command } from 'commander';
import { visible } from '../../../journal/visible.ts';
import type { DockerEvent } from '../../../engine/events.ts';
import { connectTo } from '../../client/connection.ts';
import { json, print } from '../../terminal/columns.ts';
import { filters } from '../../flags/filters.ts';
import { moment } from '../../flags/seconds.ts';
import { collect, verb } from '../../flags/verb.ts';

interface Options {
  since?: string;
  until?: string;
  filter?: string[];
  json?: boolean;
}

function eventLine({ time, timeNano, Type, Action, Actor }: DockerEvent): string {
  const date = new Date(timeNano ? timeNano / 1e6 : time * 1000).toISOString();
  const attributes = Object.entries(Actor.Attributes)
    .map(([name, value]) => `${name}=${value}`)
    .join(', ');
  return visible(`${date} ${Type} ${Action} ${Actor.ID}${attributes && ` (${attributes})`}`);
}

export function command(): Command {
  return verb(
    'events',
    'Follow what happens to containers and images.',
    'events',
    'events --since 10m --filter type=container',
    'events --json | jq .Action',
  )
    .option('--since <time>', 'begin at a date, or 10m ago', (text: string) => moment(text))
    .option('--until <time>', 'end at a date', (text: string) => moment(text))
    .option('-f, --filter <name=value>', 'only those that match: type, event, container, image, label', collect)
    .option('--json', 'one object a line')
    .action(async ({ since, until, filter, ...options }: Options, command: Command) => {
      const client = await connectTo(command);
      for await (const event of client.lines<DockerEvent>('GET', '/events', {
        query: { since, until, filters: filters(filter) },
      })) {
        if (options.json) json(event, 0);
        else print(eventLine(event));
      }
    });
}
