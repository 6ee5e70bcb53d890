import type { Command } from 'commander';
import { postToEach } from '../../client/post-to-each.ts';
import { verb } from '../../flags/verb.ts';

export const command = (): Command =>
  postToEach(verb('pause', 'Freeze all processes of containers with the cgroup freezer.', 'pause web'), '/pause');
