import type { Command } from 'commander';
import { containerPath } from '../../client/client.ts';
import { connectTo } from '../../client/connection.ts';
import { print, warn } from '../../terminal/columns.ts';
import { misuse } from '../../failure/failure.ts';
import { apply, declare, type Body } from '../../flags/flag.ts';
import { limitFlags } from '../../flags/limits.ts';
import { processFlags } from '../../flags/process.ts';
import { each, verb } from '../../flags/verb.ts';

const changeable = [
  ...limitFlags.filter(({ flags }) =>
    /--(memory|memory-swap|memory-reservation|cpus|cpu-shares|cpu-period|cpu-quota|cpuset-cpus|cpuset-mems|pids-limit|blkio-weight) /.test(
      flags,
    ),
  ),
  ...processFlags.filter(({ flags }) => flags.startsWith('--restart ')),
];

export function command(): Command {
  const update = verb(
    'update',
    'Change the limits of containers, also while they run.',
    'update -m 128m --memory-swap 256m web',
    'update --cpus 0.5 --pids-limit 64 web',
  ).argument('<container...>');
  declare(update, changeable);
  return update.action(async (names: string[], options: object, command: Command) => {
    if (!Object.keys(options).length) throw misuse('you must provide one or more flags when using this command');
    const body: Body = { Image: '', HostConfig: {} };
    apply(command, changeable, body);
    const client = await connectTo(command);
    await each(names, async (name) => {
      const { Warnings } = await client.post<{ Warnings?: string[] | null }>(
        containerPath(name, '/update'),
        {},
        body.HostConfig,
      );
      for (const warning of Warnings ?? []) warn(`WARNING: ${warning}`);
      print(name);
    });
  });
}
