/** An Engine API server that records requests for container creation and answers 500. */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bodyOf } from '../../runtime/cli/client/client.ts';

export interface Recorded {
  url: string;
  body: Record<string, unknown>;
}
export interface Recorder {
  docker(...args: string[]): Promise<Recorded | string>;
  close(): void;
}

export async function recorder(): Promise<Recorder> {
  const dir = mkdtempSync(join(tmpdir(), 'drydock-cli-'));
  const seen: Recorded[] = [];
  const server = createServer(
    (request, response) =>
      void (async () => {
        const text = await bodyOf(request);
        if (request.url!.endsWith('/_ping'))
          return response.setHeader('Api-Version', '1.50').setHeader('Ostype', 'linux').end();
        if (request.url!.includes('/containers/create'))
          seen.push({ url: request.url!, body: JSON.parse(text) as Record<string, unknown> });
        return response.writeHead(500, { 'Content-Type': 'application/json' }).end('{"message":"recorded"}');
      })(),
  );
  const socket = join(dir, 's');
  await new Promise<void>((resolve) => server.listen(socket, resolve));
  return {
    /** The request of docker's client, or its error message if it sent none. */
    docker: (...args) =>
      new Promise((resolve) => {
        seen.length = 0;
        execFile(
          'docker',
          args,
          { env: { ...process.env, DOCKER_HOST: `unix://${socket}`, DOCKER_CONFIG: dir } },
          (_, __, stderr) => resolve(seen[0] ?? stderr),
        );
      }),
    close: () => {
      server.close();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

/** The request without values that mean "not given": Engine API, zero values. */
export function meant(value: unknown, key = ''): unknown {
  if (value === null || value === '' || value === 0 || value === false) return undefined;
  if (key === 'MemorySwappiness' && value === -1) return undefined;
  if (key === 'NetworkMode' && value === 'default') return undefined;
  if (key === 'RestartPolicy' && (value as { Name: string }).Name === 'no') return undefined;
  if (key === 'ConsoleSize') return undefined;
  if (Array.isArray(value)) {
    const items = value.map((item) => meant(item) ?? item);
    return key === 'MaskedPaths' || key === 'ReadonlyPaths' || items.length ? sorted(key, items) : undefined;
  }
  if (typeof value !== 'object') return value;
  // In a map of names ({"/anon": {}}) the empty object is a value.
  const names = ['Volumes', 'Labels', 'Tmpfs', 'Sysctls', 'Annotations'].includes(key);
  const entries = Object.entries(value as object)
    .map(([name, one]) => [name, names ? one : meant(one, name)] as const)
    .filter(([, one]) => one !== undefined);
  return entries.length ? Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1))) : undefined;
}
/** docker keeps these in Go maps, whose order is random. */
const unordered = new Set(['Ulimits', 'Binds', 'Env']);
const sorted = (key: string, items: unknown[]) =>
  unordered.has(key) ? items.sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)) : items;
