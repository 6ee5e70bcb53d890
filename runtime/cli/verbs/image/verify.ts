import type { Command } from 'commander';
import { imagePath } from '../../client/client.ts';
import { connectTo } from '../../client/connection.ts';
import { Failure } from '../../failure/failure.ts';
import { collect, verb } from '../../flags/verb.ts';

interface Options {
  step?: boolean;
  break?: string[];
}
interface Node {
  kind: string;
  at?: number;
  digest: string;
  why?: string;
}

export function command(): Command {
  return verb(
    'verify',
    'Compute all digests of images again, from the bytes on the disk, and tell which are not what their names say.',
    'verify ubuntu',
    'verify --step ubuntu',
  )
    .argument('<image...>')
    .option('--step', 'stop before every step; show and explain it')
    .option('--break <step>', 'stop before a step or a system call; repeatable', collect)
    .action(run);
}

const line = ({ kind, at, digest, why }: Node) =>
  `${why === undefined ? 'whole   ' : 'DAMAGED '} ${at === undefined ? kind : `${kind} ${at + 1}`} ${digest}${why ? `: ${why}` : ''}\n`;

async function run(names: string[], walk: Options, command: Command): Promise<void> {
  const client = await connectTo(command);
  let damaged = 0;
  for (const name of names) {
    const path = `/drydock${imagePath(name, '/verify')}`;
    const tell = async (answer: AsyncIterable<Uint8Array>) => {
      const parts: Uint8Array[] = [];
      for await (const part of answer) parts.push(part);
      const nodes = JSON.parse(Buffer.concat(parts).toString('utf8')) as Node[];
      damaged += nodes.filter(({ why }) => why !== undefined).length;
      process.stdout.write(nodes.map(line).join(''));
    };
    if (walk.step || walk.break) {
      const { OperationWalk } = await import('../../step/operation-walk.ts');
      const walking = await OperationWalk.open(client, walk);
      await walking.along('POST', path, {}, tell);
    } else await tell(await client.open('POST', path, {}));
  }
  if (damaged) throw new Failure(`${damaged} of the digests do not match`, 1);
}
