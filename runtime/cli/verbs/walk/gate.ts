import type { Command } from 'commander';
import type { GateCommand } from '../../../engine/engine.ts';
import { drydockPath } from '../../client/client.ts';
import { connectTo } from '../../client/connection.ts';
import { misuse } from '../../failure/failure.ts';
import { Lifecycle } from '../../client/lifecycle.ts';
import { verb } from '../../flags/verb.ts';

const plain = ['next', 'into', 'continue', 'abort', 'pause'] as const;
const placed = ['break', 'clear'] as const;
const all = [...plain, ...placed, 'fail'].join(', ');

function gateCommand(word: string, at: string | undefined): GateCommand {
  const alone = plain.find((name) => name === word);
  if (alone && at === undefined) return { command: alone };
  const withPlace = placed.find((name) => name === word);
  if (withPlace && at) return { command: withPlace, at };
  if (word === 'fail') return { command: 'fail', errno: at ?? 'EIO' };
  throw misuse(
    alone
      ? `${word} takes no breakpoint`
      : withPlace
        ? `${word} needs a step, phase or system call`
        : `unknown gate command ${JSON.stringify(word)}: give ${all}`,
  );
}

export function command(): Command {
  return verb(
    'gate',
    'Move on a container or an operation that stands at a step, a system call or a request: next step, into its system calls, continue, abort and undo everything; pause what goes on by itself; let the call that waits fail; or set and clear a breakpoint.',
    'gate web next',
    'gate web into',
    'gate web break init.pivot-root',
    'gate web fail ENOSPC',
    'gate web abort',
  )
    .argument('<container|operation>')
    .argument('<command>', all)
    .argument(
      '[breakpoint]',
      'a step, phase, system call, step#n for its n-th call, or undo:step#n; of fail the errno (EIO)',
    )
    .action(async (name: string, word: string, at: string | undefined, _: object, command: Command) => {
      const order = gateCommand(word, at);
      const client = await connectTo(command);
      if ('at' in order) (await Lifecycle.fetch(client)).breakpoint(order.at);
      await client.post(drydockPath(name, '/gate'), {}, order);
    });
}
