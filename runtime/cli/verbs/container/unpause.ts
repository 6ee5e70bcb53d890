import type { Command } from 'commander';
import { postToEach } from '../../client/post-to-each.ts';
import { verb } from '../../flags/verb.ts';

export const command = (): Command =>
  postToEach(verb('unpause', 'Let frozen containers go on.', 'unpause web'), '/unpause');
