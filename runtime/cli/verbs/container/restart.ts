import type { Command } from 'commander';
import { seconds } from '../../flags/seconds.ts';
import { postToEach } from '../../client/post-to-each.ts';
import { verb } from '../../flags/verb.ts';

export function command(): Command {
  const restart = verb(
    'restart',
    'Stop containers, where they run, and start them again.',
    'restart web',
    'restart -t 1 web',
  )
    .option('-t, --time <seconds>', 'seconds to wait before SIGKILL', seconds)
    .option('--timeout <seconds>', 'the same as --time', seconds)
    .option('-s, --signal <signal>', "signal instead of the container's own");
  return postToEach<{ time?: number; timeout?: number; signal?: string }>(restart, '/restart', (o) => ({
    t: o.time ?? o.timeout,
    signal: o.signal,
  }));
}
