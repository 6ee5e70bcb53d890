import type { Command } from 'commander';
import { forget, HUB } from '../../client/docker-config.ts';
import { verb } from '../../flags/verb.ts';
import { print } from '../../terminal/columns.ts';

export function command(): Command {
  return verb('logout', 'Remove what login kept for a registry.', 'logout localhost:5000')
    .argument('[server]', 'docker.io if absent')
    .action((server: string = HUB) => {
      print(forget(server) ? `Removing login credentials for ${server}` : `Not logged in to ${server}`);
    });
}
