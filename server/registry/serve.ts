/** The registry as a program of its own: `drydock registry` and `drydock registry gc`. */
import { existsSync, readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { visible } from '../../runtime/journal/visible.ts';
import { Door } from './auth.ts';
import { collectGarbage, type Garbage, type GarbageOptions } from './garbage.ts';
import { startRegistry } from './registry.ts';
import { Storage } from './storage.ts';

export interface ServeOptions {
  /** '127.0.0.1:5000', '[::]:443', ':5000' */
  listen: string;
  root: string;
  tlsCert?: string;
  tlsKey?: string;
  htpasswd?: string;
  plainHttp?: boolean;
  readOnly?: boolean;
  quiet?: boolean;
}

/** Requests that are being answered may go on for this time after SIGTERM. */
const GRACE_MS = 10_000;

function address(listen: string): { host: string; port: number } {
  const match = /^(?:\[([0-9a-fA-F:.%]+)\]|([^:[\]]*)):(\d{1,5})$/.exec(listen);
  const port = Number(match?.[3]);
  const named = match?.[1] ?? match?.[2] ?? '';
  const host = named === 'localhost' ? '127.0.0.1' : named || '0.0.0.0';
  if (!match || port > 65535 || !isIP(host))
    throw new Error(`invalid address ${JSON.stringify(listen)}: give 127.0.0.1:5000, [::1]:5000 or :5000`);
  return { host, port };
}
const isLoopback = (host: string): boolean => host.startsWith('127.') || host === '::1';

function readTls({ tlsCert, tlsKey }: ServeOptions): { cert: Buffer; key: Buffer } | undefined {
  if (!tlsCert !== !tlsKey) throw new Error('--tls-cert and --tls-key belong together: give both or none');
  return tlsCert && tlsKey ? { cert: readFileSync(tlsCert), key: readFileSync(tlsKey) } : undefined;
}

/** Serves until SIGTERM or SIGINT. Throws Error that says what is wrong with the options. */
export async function serveRegistry(options: ServeOptions): Promise<void> {
  const { host, port } = address(options.listen);
  const tls = readTls(options);
  if (!tls && !isLoopback(host) && !options.plainHttp)
    throw new Error(
      `${options.listen} can be reached from other machines: give --tls-cert and --tls-key, or allow it with --plain-http`,
    );
  const registry = await startRegistry({
    root: options.root,
    host,
    port,
    durable: true,
    ...(tls && { tls }),
    ...(options.htpasswd !== undefined && { door: new Door(options.htpasswd) }),
    ...(options.readOnly !== undefined && { readOnly: options.readOnly }),
    ...(!options.quiet && { log: (line: string) => console.error(`${new Date().toISOString()} ${visible(line)}`) }),
  });
  console.error(`the registry serves ${options.root} at ${registry.url}`);
  process.on('SIGHUP', () => {
    try {
      const renewed = readTls(options);
      if (renewed) registry.renew(renewed);
    } catch (error) {
      console.error(`the certificate stays as it was: ${(error as Error).message}`);
    }
  });
  // the server alone does not keep the process alive
  const alive = setInterval(() => undefined, 2 ** 30);
  await new Promise<void>((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => resolve());
  });
  clearInterval(alive);
  await registry.close(GRACE_MS);
}

/** Throws Error when the directory is not a registry's. */
export function gcRegistry(root: string, options: GarbageOptions): Promise<Garbage> {
  if (!existsSync(join(root, 'blobs')) || !existsSync(join(root, 'repositories')))
    return Promise.reject(new Error(`${root} is not the directory of a registry: it has no blobs and repositories`));
  return collectGarbage(new Storage(root, true), options);
}
