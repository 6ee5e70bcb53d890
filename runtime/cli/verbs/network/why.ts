import type { Command } from 'commander';
import { connectTo } from '../../client/connection.ts';
import { verb } from '../../flags/verb.ts';
import { paint, type Ink } from '../../step/paint.ts';
import { json, print } from '../../terminal/columns.ts';
import { DaemonError, Failure, messageOf } from '../../failure/failure.ts';

interface Hop {
  kind: string;
  where: string;
  title: string;
  evidence: string[];
  stops?: boolean;
}
interface Report {
  reachable: boolean;
  hops: Hop[];
  sentence: string;
  change?: string;
}

const lines = (report: Report, { good, bad, bold, dim }: Ink): string[] => [
  ...report.hops.flatMap(({ where, title, evidence, stops }) => [
    `${stops ? bad('✗') : good('✓')} ${bold(where)}  ${title}`,
    ...evidence.map((line) => dim(`    ${line}`)),
  ]),
  report.reachable ? good(report.sentence) : bad(report.sentence),
  ...(report.change === undefined ? [] : [`what would change that: ${report.change}`]),
];

export function command(): Command {
  return verb(
    'why',
    'Tell why A reaches B, or where a packet from A to B stops: name, route, every rule, the listener. It sends one packet and follows it; nothing is changed. FROM is a container, `host` or `outside`. The exit code is 0 when it is reachable, 1 when not, 2 for a question that cannot be asked.',
    'why web http://db:5432/',
    'why host web:80',
    'why web 1.1.1.1:443',
    'why outside 8080',
    'why -6 web http://db/',
  )
    .argument('<from>', 'a container, host, or outside: another machine')
    .argument('<to>', 'URL, NAME:PORT, ADDRESS:PORT, or a port of the host')
    .option('-6, --ipv6', 'over IPv6: of a name only its IPv6 addresses are looked for')
    .option('--json', 'the hops as JSON')
    .action(async (from: string, to: string, options: { json?: boolean; ipv6?: boolean }, command: Command) => {
      const client = await connectTo(command);
      const report = await client
        .post<Report>('/drydock/why', {}, { from, to, ...(options.ipv6 && { six: true }) })
        .catch((error: unknown) => {
          throw error instanceof DaemonError && error.status < 500 ? new Failure(messageOf(error), 2) : error;
        });
      process.exitCode = report.reachable ? 0 : 1;
      if (options.json) return json(report);
      const ink = paint(process.stdout);
      for (const line of lines(report, ink)) print(ink.shown(line));
    });
}
