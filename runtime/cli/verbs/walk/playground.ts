import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Command } from 'commander';
import { print } from '../../terminal/columns.ts';
import type { Client } from '../../client/client.ts';
import { connectTo } from '../../client/connection.ts';
import { misuse } from '../../failure/failure.ts';
import { verb } from '../../flags/verb.ts';

export interface PlaygroundOptions {
  open: boolean;
  webPort?: string;
  listen?: string;
  tlsCert?: string;
  tlsKey?: string;
}
/** Where to listen for other machines, in the body of POST /drydock/playground. */
interface Tls {
  address: string;
  cert: string;
  key: string;
}

export function command(): Command {
  return verb(
    'playground',
    'Open the page on which containers can be run, stepped, looked into and looked back at. Its address carries a token that is good once and for ten minutes.',
    'playground',
    'playground --no-open',
    'playground --web-port 8080',
    'playground --listen 0.0.0.0:8443 --tls-cert cert.pem --tls-key key.pem',
  )
    .option('--no-open', 'print the address only')
    .option('--web-port <port>', 'listen on this port of 127.0.0.1 (any free one)')
    .option('--listen <address:port>', 'let other machines come in, with TLS')
    .option('--tls-cert <file>', 'certificate and chain, PEM; the names in it are the names that are answered to')
    .option('--tls-key <file>', 'its private key, PEM')
    .action(async (options: PlaygroundOptions, command: Command) => {
      const away = listenFrom(options);
      const port = away?.port ?? portFrom('--web-port', options.webPort);
      const url = await playgroundAddress(await connectTo(command), port, away?.tls);
      print(url);
      if (options.open) openBrowser(url);
    });
}

function portFrom(flag: string, text = '0'): number {
  if (!/^\d{1,5}$/.test(text) || Number(text) > 65535)
    throw misuse(`invalid ${flag} ${JSON.stringify(text)}: give a number up to 65535`);
  return Number(text);
}

function pem(flag: string, path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw misuse(`${flag} ${path}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** Other machines need TLS: the page's cookie gives root on this machine, and must not be readable on the network. */
function listenFrom({ listen, tlsCert, tlsKey, webPort }: PlaygroundOptions): { port: number; tls: Tls } | undefined {
  if (!listen && !tlsCert && !tlsKey) return undefined;
  if (!listen || !tlsCert || !tlsKey)
    throw misuse('--listen goes with --tls-cert and --tls-key: other machines come in with TLS only');
  if (webPort) throw misuse('--web-port is of 127.0.0.1; --listen says its port itself');
  const [, address = '', port] = /^\[?([\da-fA-F.:]+?)\]?:(\d+)$/.exec(listen) ?? [];
  if (!isIP(address))
    throw misuse(
      `invalid --listen ${JSON.stringify(listen)}: give an IP address and a port, as in 0.0.0.0:8443 or [::]:8443`,
    );
  return {
    port: portFrom('--listen', port),
    tls: { address, cert: pem('--tls-cert', tlsCert), key: pem('--tls-key', tlsKey) },
  };
}

export async function playgroundAddress(client: Client, port = 0, tls?: Tls): Promise<string> {
  return (await client.post<{ url: string }>('/drydock/playground', {}, { port, ...(tls && { tls }) })).url;
}

/** Prints the page's address on stderr, because stdout is for the container's output alone, and opens it. */
export async function showInPlayground(client: Client, id: string): Promise<void> {
  const url = `${await playgroundAddress(client)}&run=${id}`;
  process.stderr.write(`${url}\n`);
  openBrowser(url);
}

const escaped: Record<string, string> = { '&': '&amp;', '"': '&quot;', '<': '&lt;' };
/** A page that only redirects to `url`. */
const redirectTo = (url: string): string =>
  `<!doctype html><meta charset="utf-8"><meta name="referrer" content="no-referrer"><meta http-equiv="refresh" content="0; url=${url.replace(/[&"<]/g, (c) => escaped[c]!)}">\n`;

/** Opens `url` where there is a desktop with xdg-open(1); otherwise does nothing. */
export function openBrowser(url: string): void {
  const desktop = process.env['DISPLAY'] || process.env['WAYLAND_DISPLAY'];
  const opener = (process.env['PATH'] ?? '')
    .split(':')
    .map((dir) => `${dir}/xdg-open`)
    .find((path) => existsSync(path));
  if (!desktop || !opener) return;
  // The address gives root until it is first opened, and every user can read /proc/PID/cmdline. So only the name of a
  // private file is passed as an argument.
  const dir = mkdtempSync(join(process.env['XDG_RUNTIME_DIR'] || tmpdir(), 'drydock-'));
  const file = join(dir, 'open.html');
  writeFileSync(file, redirectTo(url), { mode: 0o600 });
  const child = spawn('/bin/sh', ['-c', '"$0" "$1"; sleep 30; rm -rf -- "$2"', opener, file, dir], {
    detached: true,
    stdio: 'ignore',
  });
  child.on('error', () => undefined); // the address has been printed already
  child.unref();
}
