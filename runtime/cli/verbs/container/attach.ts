import type { Command } from 'commander';
import { containerPath } from '../../client/client.ts';
import { connectTo } from '../../client/connection.ts';
import { Failure } from '../../failure/failure.ts';
import type { Inspected } from '../../client/inspected.ts';
import { requireTerminal, session } from '../../client/session.ts';
import { verb } from '../../flags/verb.ts';

interface Options {
  stdin: boolean;
  detachKeys?: string;
  sigProxy: boolean;
}

export function command(): Command {
  return verb(
    'attach',
    "Connect the terminal to a running container's first process. Ctrl-P Ctrl-Q leaves it running.",
    'attach web',
    'attach --no-stdin web',
  )
    .argument('<container>')
    .option('--no-stdin', 'do not attach stdin')
    .option('--detach-keys <keys>', 'keys that leave it running (ctrl-p,ctrl-q)')
    .option('--sig-proxy', 'hand the signals that we get to the process', true)
    .option('--no-sig-proxy', 'keep the signals that we get')
    .action(async (name: string, options: Options, command: Command) => {
      const client = await connectTo(command);
      const { Id, Config, State } = await client.get<Inspected>(containerPath(name, '/json'));
      if (!State.Running) throw new Failure('you cannot attach to a stopped container, start it first');
      if (State.Paused) throw new Failure('you cannot attach to a paused container, unpause it first');
      const stdin = options.stdin && Config.OpenStdin;
      if (Config.Tty && stdin) requireTerminal();
      process.exitCode = await session({
        client,
        id: Id,
        tty: Config.Tty,
        stdout: true,
        stderr: true,
        condition: 'not-running',
        trouble: 1,
        sigProxy: options.sigProxy,
        ...(stdin && { stdin: process.stdin }),
        ...(options.detachKeys && { detachKeys: options.detachKeys }),
      });
    });
}
