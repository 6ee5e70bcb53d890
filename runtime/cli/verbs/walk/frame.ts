import type { Command } from 'commander';
import { visible } from '../../../journal/visible.ts';
import { drydockPath } from '../../client/client.ts';
import { connectTo } from '../../client/connection.ts';
import { json, print } from '../../terminal/columns.ts';
import { misuse } from '../../failure/failure.ts';
import { verb } from '../../flags/verb.ts';

/**
 * The whole frame, indented. It is printed generically, because the frame grows with the journal and nothing may be
 * left out.
 */
export function frameLines(value: unknown, indent = ''): string[] {
  if (Array.isArray(value))
    return value.length ? value.flatMap((item) => frameLines(item, indent)) : [`${indent}(none)`];
  if (typeof value !== 'object' || value === null) return [`${indent}${visible(String(value))}`];
  const entries = Object.entries(value).filter(([, one]) => one !== undefined && one !== null);
  const width = Math.max(
    0,
    ...entries.filter(([, one]) => typeof one !== 'object').map(([name]) => visible(name).length),
  );
  return entries.flatMap(([name, one]) =>
    typeof one === 'object'
      ? [`${indent}${visible(name)}`, ...frameLines(one, `${indent}  `)]
      : [`${indent}${visible(name).padEnd(width)}  ${visible(String(one))}`],
  );
}

export function command(): Command {
  return verb(
    'frame',
    'Tell what was true of a container or an operation after event K of its journal. It is the past: looking changes nothing.',
    'frame web 120',
    'trace --numbers web',
    'frame --json web 120',
  )
    .argument('<container|operation>')
    .argument('<k>', "an event's number: `drydock trace --numbers` shows them")
    .option('--json', 'as JSON')
    .action(async (name: string, k: string, options: { json?: boolean }, command: Command) => {
      if (!/^\d{1,9}$/.test(k)) throw misuse(`invalid event number ${JSON.stringify(k)}: give a number from 0`);
      const frame = await (await connectTo(command)).get<object>(drydockPath(name, `/frame/${k}`));
      if (options.json) return json(frame);
      frameLines(frame).forEach(print);
    });
}
