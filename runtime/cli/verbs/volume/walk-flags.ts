/** The options of every verb that is an operation. */
import type { Command } from 'commander';
import { collect } from '../../flags/verb.ts';

export interface WalkFlags {
  step?: boolean;
  break?: string[];
}
export const walkFlags = (command: Command): Command =>
  command
    .option('--step', 'stop before every step; show and explain it')
    .option('--break <step>', 'stop before a step or a system call; repeatable', collect);
