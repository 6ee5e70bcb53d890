import { Command } from 'commander';
import { connectTo } from '../../client/connection.ts';
import { json, print, show, type Column } from '../../terminal/columns.ts';
import { filters, tableFormat } from '../../flags/filters.ts';
import { collect, each, verb } from '../../flags/verb.ts';
import { bodyOfConnect, bodyOfCreate, type ConnectFlags, type CreateFlags } from './bodies.ts';
import { walked, type WalkFlags } from './walked.ts';

interface Row {
  Id: string;
  Name: string;
  Driver: string;
  Scope: string;
}
const columns = (full: boolean): Column<Row>[] => [
  ['NETWORK ID', 'ID', ({ Id }) => (full ? Id : Id.slice(0, 12))],
  ['NAME', 'Name', ({ Name }) => Name],
  ['DRIVER', 'Driver', ({ Driver }) => Driver],
  ['SCOPE', 'Scope', ({ Scope }) => Scope],
];

const walkable = (command: Command): Command =>
  command
    .option('--step', 'stop before every step; show, explain and step into its system calls')
    .option('--break <step>', 'stop before a step or a system call; repeatable', collect);

const create = walkable(new Command('create').description('make a network').argument('<name>'))
  .option('-d, --driver <driver>', 'bridge')
  .option('--subnet <subnet>', 'its addresses, as 10.5.0.0/16; repeatable', collect)
  .option('--gateway <address>', "the host's address on it; repeatable", collect)
  .option('--ip-range <range>', 'lease addresses from this part only; repeatable', collect)
  .option('--aux-address <name=address>', 'addresses that no container gets; repeatable', collect)
  .option('-o, --opt <name=value>', "the driver's options; repeatable", collect)
  .option('--label <name=value>', 'labels; repeatable', collect)
  .option('--internal', 'no way to other networks')
  .option('--attachable', 'for compatibility; every network is')
  .option('--ipv4', 'IPv4 addresses, which every network has', true)
  .option('--no-ipv4', 'no IPv4 addresses: with --ipv6')
  .option('--ipv6', 'also IPv6 addresses')
  .action(async (name: string, { step, break: at, ...flags }: CreateFlags & WalkFlags, command: Command) => {
    const client = await connectTo(command);
    const body = bodyOfCreate(name, flags);
    if (step || at) {
      const { subject } = await walked(client, { step, break: at }, 'network-create', body);
      return print(subject.id ?? name);
    }
    print((await client.post<{ Id: string }>('/networks/create', {}, body)).Id);
  });

const list = new Command('ls')
  .alias('list')
  .description('list networks')
  .option('-q, --quiet', 'ids only')
  .option('-f, --filter <name=value>', 'only those that match: dangling, driver, id, label, name, type', collect)
  .option('--no-trunc', 'do not shorten')
  .option('--format <format>', 'table, or json: one object a line', tableFormat)
  .option('--json', "the daemon's answer as it is")
  .action(
    async (
      options: { quiet?: boolean; filter?: string[]; trunc: boolean; format?: string; json?: boolean },
      command: Command,
    ) => {
      const rows = await (await connectTo(command)).get<Row[]>('/networks', { filters: filters(options.filter) });
      if (options.json) return json(rows);
      rows.sort((a, b) => (a.Name < b.Name ? -1 : 1));
      if (options.quiet) return rows.forEach(({ Id }) => print(options.trunc ? Id.slice(0, 12) : Id));
      show(columns(!options.trunc), rows, options.format);
    },
  );

const inspect = new Command('inspect')
  .description('show what is known of networks')
  .argument('<network...>')
  .action(async (names: string[], _options: object, command: Command) => {
    const client = await connectTo(command);
    const found: object[] = [];
    await each(
      names,
      async (name) => void found.push(await client.get<object>(`/networks/${encodeURIComponent(name)}`)),
    );
    json(found);
  });

const remove = walkable(
  new Command('rm').alias('remove').description('remove networks').argument('<network...>'),
).action(async (names: string[], flags: WalkFlags, command: Command) => {
  const client = await connectTo(command);
  await each(names, async (name) => {
    if (flags.step || flags.break) await walked(client, flags, 'network-remove', { Network: name });
    else await client.call('DELETE', `/networks/${encodeURIComponent(name)}`);
    print(name);
  });
});

const prune = new Command('prune')
  .description('remove all networks that no container is connected to')
  .option('-f, --force', 'for compatibility; it does not ask')
  .option('--filter <name=value>', 'only those that match: until, label', collect)
  .action(async (options: { filter?: string[] }, command: Command) => {
    const client = await connectTo(command);
    const { NetworksDeleted } = await client.post<{ NetworksDeleted: string[] | null }>('/networks/prune', {
      filters: filters(options.filter),
    });
    for (const name of NetworksDeleted ?? []) print(name);
  });

const connect = walkable(
  new Command('connect').description('connect a container to a network').argument('<network>').argument('<container>'),
)
  .option('--ip <address>', 'IPv4 address')
  .option('--alias <name>', 'a further name on this network; repeatable', collect)
  .option('--link <container:alias>', 'a name that only this container uses; repeatable', collect)
  .option('--driver-opt <name=value>', "the driver's options; repeatable", collect)
  .option('--gw-priority <number>', 'the highest one has the default route')
  .action(
    async (
      network: string,
      container: string,
      { step, break: at, ...flags }: ConnectFlags & WalkFlags,
      command: Command,
    ) => {
      const client = await connectTo(command);
      const body = bodyOfConnect(container, flags);
      if (step || at) await walked(client, { step, break: at }, 'network-connect', { ...body, Network: network });
      else await client.post(`/networks/${encodeURIComponent(network)}/connect`, {}, body);
    },
  );

const disconnect = walkable(
  new Command('disconnect')
    .description('disconnect a container from a network')
    .argument('<network>')
    .argument('<container>'),
)
  .option('-f, --force', 'also when it is not known whether the container still runs')
  .action(async (network: string, container: string, flags: WalkFlags & { force?: boolean }, command: Command) => {
    const client = await connectTo(command);
    const body = { Container: container, Force: flags.force ?? false };
    if (flags.step || flags.break) await walked(client, flags, 'network-disconnect', { ...body, Network: network });
    else await client.post(`/networks/${encodeURIComponent(network)}/disconnect`, {}, body);
  });

export function command(): Command {
  const network = verb(
    'network',
    'Make networks, and connect containers to them.',
    'network create --subnet 10.5.0.0/16 front',
    'network create --step front',
    'network connect --alias db back web',
    'network connect --break network.create-veth back web',
    'network ls',
    'network disconnect front web',
    'network prune',
  );
  for (const one of [create, list, inspect, remove, prune, connect, disconnect]) network.addCommand(one);
  return network;
}
