import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import type { Command } from 'commander';
import { print } from './columns.ts';
import type { Client } from './client.ts';
import { connectTo } from './connection.ts';
import { misuse } from './failure.ts';
import { verb } from './verb.ts';

export interface PlaygroundOptions { open: boolean; webPort?: string }

export function command(): Command {
  return verb('playground', 'Open the page on which containers can be run, stepped, looked into and looked back at. Its address carries a token that is good once and for ten minutes.',
    'playground', 'playground --no-open', 'playground --web-port 8080')
    .option('--no-open', 'print the address only')
    .option('--web-port <port>', 'listen on this port of 127.0.0.1 (any free one)')
    .action(async (options: PlaygroundOptions, command: Command) => {
      const port = portFrom(options.webPort);
      const url = await playgroundAddress(await connectTo(command), port);
      print(url);
      if (options.open) openBrowser(url);
    });
}

function portFrom(text = '0'): number {
  if (!/^\d{1,5}$/.test(text) || Number(text) > 65535) throw misuse(`invalid --web-port ${JSON.stringify(text)}: give a number up to 65535`);
  return Number(text);
}

export async function playgroundAddress(client: Client, port = 0): Promise<string> {
  return (await client.post<{ url: string }>('/drydock/playground', {}, { port })).url;
}

/** stdout is for the container's output alone. */
export async function showInPlayground(client: Client, id: string): Promise<void> {
  const url = `${await playgroundAddress(client)}&run=${id}`;
  process.stderr.write(`${url}\n`);
  openBrowser(url);
}

/** Where there is a desktop and something that opens addresses on it: xdg-open(1). */
export function openBrowser(url: string): void {
  const desktop = process.env['DISPLAY'] || process.env['WAYLAND_DISPLAY'];
  const opener = (process.env['PATH'] ?? '').split(':').map((dir) => `${dir}/xdg-open`).find((path) => existsSync(path));
  if (!desktop || !opener) return;
  const child = spawn(opener, [url], { detached: true, stdio: 'ignore' });
  child.on('error', () => undefined); // the address has been printed
  child.unref();
}
