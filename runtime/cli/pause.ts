import type { Command } from 'commander';
import { postToEach } from './simple.ts';
import { verb } from './verb.ts';

export const command = (): Command =>
  postToEach(verb('pause', 'Freeze all processes of containers with the cgroup freezer.', 'pause web'), '/pause');
