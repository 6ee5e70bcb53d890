import type { Command } from 'commander';
import { connectTo } from '../../client/connection.ts';
import { collect, verb } from '../../flags/verb.ts';
import { print } from '../../terminal/columns.ts';

interface Options {
  author?: string;
  change?: string[];
  message?: string;
  pause: boolean;
  step?: boolean;
  break?: string[];
}

export function command(): Command {
  return verb(
    'commit',
    'Make an image of a container: its changes become a layer.',
    'commit web mine:1.0',
    `commit -c 'CMD ["/bin/sh"]' -m 'with tools' web mine`,
    'commit --step web mine',
  )
    .argument('<container>')
    .argument('[name]', 'the name of the image; without one it has only an id')
    .option('-a, --author <author>', 'who made it')
    .option('-c, --change <instruction>', 'CMD, ENV, LABEL … as in a Dockerfile; repeatable', collect)
    .option('-m, --message <message>', 'a comment')
    .option('-p, --pause', 'the container stands still while its files are read', true)
    .option('--no-pause', 'the container goes on meanwhile')
    .option('--step', 'stop before every step; show and explain it')
    .option('--break <step>', 'stop before a step or a system call; repeatable', collect)
    .action(run);
}

async function run(container: string, name: string | undefined, options: Options, command: Command): Promise<void> {
  const client = await connectTo(command);
  const { author, change, message: comment, pause } = options;
  const asked = { container, ...(name && { repo: name }), ...(author && { author }), ...(comment && { comment }) };
  if (options.step || options.break) {
    const { OperationWalk } = await import('../../step/operation-walk.ts');
    const walk = await OperationWalk.open(client, options);
    return print((await walk.go({ kind: 'commit', ...asked, changes: change ?? [], pause })).subject.id ?? '');
  }
  const query = { ...asked, changes: change, pause: pause ? '1' : '0' };
  print((await client.post<{ Id: string }>('/commit', query)).Id);
}
