import type { Command } from 'commander';
import { containerPath } from '../../client/client.ts';
import { connectTo } from '../../client/connection.ts';
import { Failure } from '../../failure/failure.ts';
import { json, print } from '../../terminal/columns.ts';
import { verb } from '../../flags/verb.ts';

type Ports = Record<string, { HostIp: string; HostPort: string }[] | null>;

const address = ({ HostIp, HostPort }: { HostIp: string; HostPort: string }): string =>
  `${HostIp.includes(':') ? `[${HostIp}]` : HostIp}:${HostPort}`;

export function command(): Command {
  return verb(
    'port',
    "List the host's ports that lead to a container, or those that lead to one of its ports.",
    'port web',
    'port web 80',
    'port web 53/udp',
  )
    .argument('<container>')
    .argument('[port]', 'a port in the container, with /udp or /sctp if it is not TCP')
    .option('--json', "the daemon's answer as it is")
    .action(async (name: string, wanted: string | undefined, options: { json?: boolean }, command: Command) => {
      const client = await connectTo(command);
      const { NetworkSettings } = await client.get<{ NetworkSettings: { Ports: Ports | null } }>(
        containerPath(name, '/json'),
      );
      const ports = NetworkSettings.Ports ?? {};
      if (options.json) return json(ports);
      if (wanted === undefined) {
        for (const [key, bindings] of Object.entries(ports))
          for (const binding of bindings ?? []) print(`${key} -> ${address(binding)}`);
        return;
      }
      const key = wanted.includes('/') ? wanted : `${wanted}/tcp`;
      const bindings = ports[key];
      if (!bindings?.length) throw new Failure(`no public port '${key}' published for ${name}`, 1);
      for (const binding of bindings) print(address(binding));
    });
}
