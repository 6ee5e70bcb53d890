import type { Command } from 'commander';
import { postToEach } from './simple.ts';
import { verb } from './verb.ts';

export const command = (): Command =>
  postToEach(verb('unpause', 'Let frozen containers go on.', 'unpause web'), '/unpause');
