import type { Command } from 'commander';
import { seconds } from '../../flags/seconds.ts';
import { postToEach } from '../../client/post-to-each.ts';
import { verb } from '../../flags/verb.ts';

export function command(): Command {
  const stop = verb(
    'stop',
    'Stop running containers: their stop signal first, SIGKILL when the time is over.',
    'stop web',
    'stop -t 1 web db',
  )
    .option('-t, --time <seconds>', 'seconds to wait before SIGKILL; -1: for ever', seconds)
    .option('--timeout <seconds>', 'the same as --time', seconds)
    .option('-s, --signal <signal>', "signal instead of the container's own");
  return postToEach<{ time?: number; timeout?: number; signal?: string }>(stop, '/stop', (o) => ({
    t: o.time ?? o.timeout,
    signal: o.signal,
  }));
}
