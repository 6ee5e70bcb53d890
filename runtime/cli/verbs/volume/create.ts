import type { Command } from 'commander';
import { connectTo } from '../../client/connection.ts';
import { collect, verb } from '../../flags/verb.ts';
import { print } from '../../terminal/columns.ts';
import { misuse } from '../../failure/failure.ts';
import { pairs } from './pairs.ts';
import { walkFlags, type WalkFlags } from './walk-flags.ts';

interface Options extends WalkFlags {
  driver: string;
  label?: string[];
  name?: string;
  opt?: string[];
}

export function create(): Command {
  const command = verb('create', 'Create a volume.', 'volume create', 'volume create --label of=db data')
    .argument('[name]', 'without one it gets a name of 64 digits')
    .option('-d, --driver <driver>', 'only local', 'local')
    .option('--label <key=value>', 'a label; repeatable', collect)
    .option('--name <name>', 'its name, as older clients give it')
    .option('-o, --opt <key=value>', 'an option of the driver; repeatable', collect);
  return walkFlags(command).action(async (name: string | undefined, options: Options, command: Command) => {
    if (name && options.name)
      throw misuse('conflicting options: cannot specify a volume name through both --name and as a positional arg');
    const body = {
      Name: name ?? options.name ?? '',
      Driver: options.driver,
      DriverOpts: pairs(options.opt),
      Labels: pairs(options.label),
    };
    const client = await connectTo(command);
    if (options.step || options.break) {
      const { OperationWalk } = await import('../../step/operation-walk.ts');
      const walk = await OperationWalk.open(client, options);
      return print((await walk.go({ kind: 'volume-create', ...body })).subject.name);
    }
    print((await client.post<{ Name: string }>('/volumes/create', {}, body)).Name);
  });
}
