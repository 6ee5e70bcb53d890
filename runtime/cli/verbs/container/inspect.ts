import type { Command } from 'commander';
import type { InspectionSection } from '../../../journal/inspection-section.ts';
import { containerPath, drydockPath, imagePath, volumePath, type Client } from '../../client/client.ts';
import { connectTo } from '../../client/connection.ts';
import { json } from '../../terminal/columns.ts';
import { evidenceText } from '../../terminal/inspection-section.ts';
import { DaemonError, Failure } from '../../failure/failure.ts';
import { each, verb } from '../../flags/verb.ts';

interface Options {
  live?: boolean;
  step?: string;
  json?: boolean;
  type?: string;
  size?: boolean;
}
const finders: Record<string, (client: Client, name: string, size: boolean) => Promise<object>> = {
  container: (client, name, size) => client.get(containerPath(name, '/json'), { size }),
  image: (client, name) => client.get(imagePath(name, '/json')),
  network: (client, name) => client.get(`/networks/${encodeURIComponent(name)}`),
  volume: (client, name) => client.get(volumePath(name)),
};

async function find(client: Client, name: string, { type, size = false }: Options): Promise<object> {
  const kinds = type ? [type] : Object.keys(finders);
  for (const kind of kinds) {
    try {
      return await finders[kind]!(client, name, size);
    } catch (error) {
      if (!(error instanceof DaemonError) || error.status !== 404) throw error;
    }
  }
  throw new Failure(`no such ${type ?? 'object'}: ${name}`);
}

export function command(): Command {
  return verb(
    'inspect',
    'Show all that is known of containers, images, networks and volumes as JSON; with --live, what the kernel says of a container at this moment.',
    'inspect web',
    'inspect --type image ubuntu',
    'inspect --live web',
  )
    .argument('<name...>')
    .option('--live', "the kernel's evidence: namespaces, mounts, cgroup files, links, rw layer")
    .option('--step <id>', 'with --live: only what this step looks at')
    .option('--json', 'with --live: as JSON')
    .option('--type <type>', `only ${Object.keys(finders).join(', ')}`)
    .option('-s, --size', 'sizes of the rw layer')
    .action(async (names: string[], options: Options, command: Command) => {
      if (options.type && !finders[options.type])
        throw new Failure(
          `unknown type ${JSON.stringify(options.type)}: give ${Object.keys(finders).join(', ')}`,
          125,
          { usage: true },
        );
      const client = await connectTo(command);
      const found: object[] = [];
      await each(names, async (name) => {
        if (!options.live) return void found.push(await find(client, name, options));
        const evidence = await client.get<InspectionSection[]>(drydockPath(name, '/inspect'), {
          live: 1,
          step: options.step,
        });
        if (options.json) json(evidence);
        else process.stdout.write(`${evidenceText(evidence)}\n`);
      });
      if (!options.live) json(found);
    });
}
