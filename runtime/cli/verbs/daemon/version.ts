import { existsSync, readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { API } from '../../client/client.ts';
import { connectTo, absence, daemonOf, nameOf } from '../../client/connection.ts';
import { json, print } from '../../terminal/columns.ts';
import { verb } from '../../flags/verb.ts';

interface Server {
  Version: string;
  ApiVersion: string;
  MinAPIVersion: string;
  KernelVersion: string;
  Os: string;
  Arch: string;
}

/**
 * Drydock's version, from the nearest package.json above this file; the bundler may have put this file into dist/ or
 * below.
 */
function ownVersion(): string {
  for (let url = new URL('.', import.meta.url); url.pathname !== '/'; url = new URL('..', url)) {
    const file = new URL('package.json', url);
    if (existsSync(file)) return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
  }
  return 'unknown';
}

export function command(): Command {
  return verb('version', 'Show the versions of client and daemon; starts no daemon.', 'version', 'version --json')
    .option('--short', 'the client only, in one line')
    .option('--json', 'as JSON')
    .action(async (options: { short?: boolean; json?: boolean }, command: Command) => {
      const client = {
        Version: ownVersion(),
        ApiVersion: API.slice(2),
        Node: process.version,
        Os: process.platform,
        Arch: process.arch,
      };
      if (options.short) return print(`drydock ${client.Version}`);
      const to = daemonOf(command);
      const absent = await absence(to);
      const server = absent ? undefined : await (await connectTo(command)).get<Server>('/version');
      if (options.json) return json({ Client: client, Server: server ?? null });
      print(
        `Client:\n Version:     ${client.Version}\n API version: ${client.ApiVersion}\n Node:        ${client.Node}\n OS/Arch:     ${client.Os}/${client.Arch}`,
      );
      if (server)
        print(
          `\nServer:\n Version:     ${server.Version}\n API version: ${server.ApiVersion} (minimum ${server.MinAPIVersion})\n Kernel:      ${server.KernelVersion}\n OS/Arch:     ${server.Os}/${server.Arch}`,
        );
      else
        print(
          `\nServer: none listens at ${nameOf(to)}${typeof to === 'string' ? '; the first command that needs one starts it' : ''}`,
        );
    });
}
