import type { Command } from 'commander';
import { verb } from '../../flags/verb.ts';
import { create } from './create.ts';
import { inspect } from './inspect.ts';
import { ls } from './ls.ts';
import { prune } from './prune.ts';
import { rm } from './rm.ts';

export function command(): Command {
  const all = verb(
    'volume',
    'Work with volumes: directories whose files outlive containers.',
    'volume create data',
    'volume ls',
    'volume rm --step data',
  );
  for (const one of [create(), inspect(), ls(), prune(), rm()]) all.addCommand(one);
  return all.helpCommand(false);
}
