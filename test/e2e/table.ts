/**
 * Command lines with their expected output. Each runs with drydock's client and with the real docker client, and both
 * must print the same.
 */
import * as assert from 'uvu/assert';
import { clients } from './daemon.ts';
import type { Ran } from './ran.ts';
import type { Site } from './site.ts';

export interface Row {
  /** the test's name, a sentence */
  name: string;
  flags: string[] | (() => string[]);
  /** given to sh -c */
  script?: string;
  /** used instead of a script */
  command?: string[];
  out?: string | RegExp | (() => string | RegExp);
  err?: string | RegExp;
  code?: number;
  input?: string;
  env?: NodeJS.ProcessEnv;
  needs?: string[];
  /** checks the machine after each client's run */
  check?: (ran: Ran) => void | Promise<void>;
}

const agrees = (value: string, wanted: string | RegExp, what: string) =>
  typeof wanted === 'string' ? assert.is(value, wanted, what) : assert.match(value, wanted, what);

export function table(s: Site, rows: readonly Row[]): void {
  for (const row of rows) {
    s.test(row.needs ?? [], row.name, async () => {
      for (const client of clients) {
        const flags = typeof row.flags === 'function' ? row.flags() : row.flags;
        const ran = await s.daemon.client(
          client,
          ['run', '--rm', ...flags, 'ubuntu', ...(row.command ?? ['sh', '-c', row.script ?? 'true'])],
          { ...(row.input !== undefined && { input: row.input }), ...(row.env && { env: row.env }) },
        );
        assert.is(ran.code, row.code ?? 0, `${client}: ${ran.err}${ran.out}`);
        const out = typeof row.out === 'function' ? row.out() : row.out;
        if (out !== undefined) agrees(ran.out, out, `${client}: stdout`);
        if (row.err !== undefined) agrees(ran.err, row.err, `${client}: stderr`);
        else if (ran.code === 0) assert.is(ran.err, '', `${client}: stderr`);
        await row.check?.(ran);
      }
    });
  }
}
