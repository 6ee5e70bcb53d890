import type { Command } from 'commander';
import { compareRuns, type ComparedStep, type Difference } from '../../../journal/compare.ts';
import type { Event } from '../../../journal/event.ts';
import { visible } from '../../../journal/visible.ts';
import { drydockPath, type Client } from '../../client/client.ts';
import { connectTo } from '../../client/connection.ts';
import { verb } from '../../flags/verb.ts';
import { json, print } from '../../terminal/columns.ts';
import { type Ink, paint } from '../../step/paint.ts';

async function journalOf(client: Client, name: string): Promise<Event[]> {
  const events: Event[] = [];
  for await (const event of client.lines<Event>('GET', drydockPath(name, '/journal'))) events.push(event);
  return events;
}

/** `- text of A` and `+ text of B`, each with the number of its event. */
function differenceLines({ a, b }: Difference, { good, bad }: Ink): string[] {
  return [
    ...(a ? [bad(`  - ${visible(a.text)}  #${a.seq}`)] : []),
    ...(b ? [good(`  + ${visible(b.text)}  #${b.seq}`)] : []),
  ];
}

function stepLines(row: ComparedStep, names: { a: string; b: string }, ink: Ink): string[] {
  const where = row.of === 'both' ? '' : `  only in ${visible(names[row.of])}`;
  return [`${ink.bold(visible(row.step))}${where}`, ...row.differences.flatMap((one) => differenceLines(one, ink))];
}

const differs = (row: ComparedStep): boolean => row.of !== 'both' || row.differences.length > 0;

export function command(): Command {
  return verb(
    'compare',
    'Compare two containers or operations, step by step: only what differs, without ids, pids, descriptors and times. The exit code is 0 when nothing differs and 1 when something does.',
    'compare good bad',
    'compare --json good bad | jq .step',
  )
    .argument('<a>', 'a container or an operation')
    .argument('<b>', 'another one')
    .option('--json', 'every step as JSON, one a line, those without a difference too')
    .action(async (a: string, b: string, { json: raw = false }: { json?: boolean }, command: Command) => {
      const client = await connectTo(command);
      const rows = compareRuns(await journalOf(client, a), await journalOf(client, b));
      const different = rows.filter(differs);
      process.exitCode = different.length ? 1 : 0;
      if (raw) return rows.forEach((row) => json(row, 0));
      if (!different.length) return print(`no difference in ${rows.length} steps`);
      const ink = paint(process.stdout);
      for (const row of different) stepLines(row, { a, b }, ink).forEach(print);
      print(`${different.length} of ${rows.length} steps differ`);
    });
}
