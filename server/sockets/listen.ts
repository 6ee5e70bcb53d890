/** Makes the API's servers listen: on unix sockets, on TCP, and on descriptors from the service manager. */
import { chmodSync, chownSync, existsSync, readFileSync, rmSync } from 'node:fs';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname } from 'node:path';
import type { SecureContextOptions } from 'node:tls';
import { makeDirectories } from '../../runtime/kernel/make-directories.ts';
import { addressText, type ApiAddress, type ApiTls } from '../../runtime/data-root/api-address.ts';
import type { Settings } from '../../runtime/data-root/settings.ts';
import { activated, type ActivatedSocket } from './activation.ts';

export interface Listener {
  server: Server;
  /** as -H has it */
  name: string;
  /** the socket to remove at the end; absent: none, or it belongs to the service manager */
  path?: string;
}

type MakeServer = (transport: { tcp: boolean; tls?: SecureContextOptions }) => Server;

function groupId(name: string): number | undefined {
  if (!existsSync('/etc/group')) return undefined;
  const row = readFileSync('/etc/group', 'utf8')
    .split('\n')
    .find((line) => line.startsWith(`${name}:`));
  return row ? Number(row.split(':')[2]) : undefined;
}

/** Resolves when the server listens. `listen` calls its listen method. */
function listening(server: Server, name: string, listen: () => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const failed = (error: Error) => reject(new Error(`cannot listen on ${name}: ${error.message}`, { cause: error }));
    server.once('error', failed);
    server.once('listening', () => (server.off('error', failed), resolve()));
    listen();
  });
}

/** Listens for root and the group docker, as dockerd does. Access to the socket means root. */
async function onPath(server: Server, path: string): Promise<Listener> {
  makeDirectories(dirname(path), 0o711);
  rmSync(path, { force: true });
  const before = process.umask(0o117);
  const ready = listening(server, `unix://${path}`, () => server.listen(path));
  process.umask(before);
  await ready;
  chmodSync(path, 0o660);
  const docker = groupId('docker');
  if (docker !== undefined) chownSync(path, 0, docker);
  return { server, name: addressText({ unix: path }), path };
}

function read(flag: string, path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new Error(`cannot read ${flag} ${path}: ${(error as Error).message}`, { cause: error });
  }
}

const contextOf = ({ cert, key, ca }: ApiTls): SecureContextOptions => ({
  cert: read('--tlscert', cert),
  key: read('--tlskey', key),
  ...(ca !== undefined && { ca: read('--tlscacert', ca) }),
});

function warnUnverified(name: string, tls: ApiTls | 'none'): void {
  if (tls === 'none')
    console.error(`drydock: warning: ${name} has no TLS; each program that reaches it has root's rights here`);
  else if (tls.ca === undefined)
    console.error(`drydock: warning: ${name} verifies no client; each program that reaches it has root's rights here`);
}

/** Throws Error when an address cannot be used; what listens already then ends with the process. */
export async function listenOn(
  settings: Settings,
  given: readonly ActivatedSocket[],
  make: MakeServer,
): Promise<Listener[]> {
  const { tls } = settings;
  const secure = tls !== undefined && tls !== 'none' ? contextOf(tls) : undefined;
  const overTcp = async (name: string, listen: (server: Server) => void): Promise<Listener> => {
    // the command line refuses tcp:// without this; a descriptor shows only here that it is TCP
    if (tls === undefined) throw new Error(`${name} is a TCP socket: it needs --tlsverify, or --tlsverify=false`);
    let server: Server;
    try {
      server = make({ tcp: true, ...(secure && { tls: secure }) });
    } catch (error) {
      throw new Error(`the certificate for ${name} cannot be used: ${(error as Error).message}`, { cause: error });
    }
    await listening(server, name, () => listen(server));
    const { address: host, port } = server.address() as AddressInfo;
    const bound = addressText({ host, port });
    warnUnverified(bound, tls);
    return { server, name: bound };
  };
  const open = async (address: ApiAddress): Promise<Listener[]> => {
    if ('unix' in address) return [await onPath(make({ tcp: false }), address.unix)];
    if ('host' in address) {
      const { host, port } = address;
      return [await overTcp(addressText(address), (server) => server.listen(port, host))];
    }
    return Promise.all(
      activated(given, address.fd).map(async ({ fd, tcp }) => {
        const name = `fd://${fd}`;
        if (tcp) return overTcp(name, (server) => server.listen({ fd }));
        const server = make({ tcp: false });
        await listening(server, name, () => server.listen({ fd }));
        return { server, name };
      }),
    );
  };
  const listeners: Listener[] = [];
  for (const address of settings.listen) listeners.push(...(await open(address)));
  return listeners;
}
