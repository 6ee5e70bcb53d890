import type { Command } from 'commander';
import { containerPath } from '../../client/client.ts';
import { connectTo } from '../../client/connection.ts';
import { print } from '../../terminal/columns.ts';
import { misuse } from '../../failure/failure.ts';
import { requireTerminal, session } from '../../client/session.ts';
import { each, verb } from '../../flags/verb.ts';
import type { Inspected } from '../../client/inspected.ts';

interface Options {
  attach?: boolean;
  interactive?: boolean;
  detachKeys?: string;
  sigProxy: boolean;
  checkpoint?: string;
  checkpointDir?: string;
}

export function command(): Command {
  return verb(
    'start',
    'Start stopped containers again, on the rw layer they had.',
    'start web',
    'start -ai web',
    'start --checkpoint before web',
  )
    .argument('<container...>')
    .option('-a, --attach', 'attach stdout and stderr, and hand on signals')
    .option('-i, --interactive', 'attach stdin as well')
    .option('--checkpoint <name>', 'go on from this checkpoint instead of the beginning')
    .option('--checkpoint-dir <dir>', "where the checkpoint is (below the container's own directory)")
    .option('--detach-keys <keys>', 'keys that leave it running (ctrl-p,ctrl-q)')
    .option('--sig-proxy', 'hand the signals that we get to the process', true)
    .option('--no-sig-proxy', 'keep the signals that we get')
    .action(async (names: string[], options: Options, command: Command) => {
      const from = { checkpoint: options.checkpoint, 'checkpoint-dir': options.checkpointDir };
      if (options.checkpoint && names.length > 1) throw misuse('you cannot restore multiple containers at once');
      if (options.checkpointDir && !options.checkpoint) throw misuse('--checkpoint-dir needs --checkpoint');
      const client = await connectTo(command);
      if (!options.attach && !options.interactive) {
        return each(names, async (name) => {
          await client.post(containerPath(name, '/start'), from);
          print(name);
        });
      }
      if (names.length > 1) throw misuse('you cannot start and attach multiple containers at once');
      const { Id, Config, HostConfig } = await client.get<Inspected>(containerPath(names[0]!, '/json'));
      if (Config.Tty && options.interactive) requireTerminal();
      process.exitCode = await session({
        client,
        id: Id,
        tty: Config.Tty,
        stdout: true,
        stderr: true,
        condition: HostConfig.AutoRemove ? 'removed' : 'next-exit',
        trouble: 1,
        sigProxy: options.sigProxy,
        ...(options.interactive && Config.OpenStdin && { stdin: process.stdin }),
        ...(options.detachKeys && { detachKeys: options.detachKeys }),
        start: () => client.post(containerPath(Id, '/start'), from),
      });
    });
}
