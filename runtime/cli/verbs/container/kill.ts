import type { Command } from 'commander';
import { postToEach } from '../../client/post-to-each.ts';
import { verb } from '../../flags/verb.ts';

export function command(): Command {
  const kill = verb(
    'kill',
    'Send a signal to the first process of running containers.',
    'kill web',
    'kill -s HUP web',
  ).option('-s, --signal <signal>', 'signal to send (KILL)');
  return postToEach<{ signal?: string }>(kill, '/kill', ({ signal }) => ({ signal }));
}
