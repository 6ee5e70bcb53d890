/** Makes a client for the daemon that a command line names, and starts that daemon if necessary and possible. */
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import type { Command } from 'commander';
import type { ConnectionOptions } from 'node:tls';
import { addressText } from '../../data-root/api-address.ts';
import { tlsFiles, verifies, type TlsOptions } from '../flags/tls.ts';
import { codeOf, Failure, misuse } from '../failure/failure.ts';
import { apiAddress, hostFrom } from './address.ts';
import { ensureDaemon, probe } from './autostart.ts';
import { Client, type Remote } from './client.ts';
import { type Ssh, sshAddress, sshText } from './ssh.ts';

type Options = TlsOptions & { host?: string };

/** How long a TCP connection may take to another machine, in milliseconds. */
const CONNECT_MS = 10_000;

function pem(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new Failure(`cannot read ${path} for TLS: ${codeOf(error) ?? String(error)}`, 1, { cause: error });
  }
}

/** As docker's client: --tls without --tlsverify does not ask who the daemon is. */
function clientTls(options: Options): ConnectionOptions | undefined {
  const verified = verifies(options, process.env) ?? false;
  if (!verified && !options.tls) return undefined;
  const { ca, cert, key } = tlsFiles(options, process.env);
  return {
    cert: pem(cert),
    key: pem(key),
    ...(verified ? { ca: pem(ca) } : { rejectUnauthorized: false }),
  };
}

/** The path of its unix socket, its TCP address, or where ssh finds it. */
type Place = string | Remote | Ssh;

/**
 * The daemon that `drydock -H` or else the environment names. A daemon with another exec root listens there
 * (daemon-settings.ts).
 */
export function daemonOf(command: Command): Place {
  const options = command.optsWithGlobals<Options>();
  const host = options.host ?? hostFrom(process.env);
  if (host.startsWith('ssh://')) return sshAddress(host);
  const tls = host.startsWith('tcp://') ? clientTls(options) : undefined;
  const address = apiAddress(host, tls !== undefined);
  if ('unix' in address) return address.unix;
  if ('fd' in address) throw misuse(`invalid host ${JSON.stringify(host)}: a client needs unix://, tcp:// or ssh://`);
  return { ...address, ...(tls && { tls }) };
}

export const nameOf = (to: Place): string =>
  typeof to === 'string' ? to : 'ssh' in to ? sshText(to) : addressText(to);

/**
 * Resolves with undefined when the daemon accepts a connection, otherwise with the errno's name. What ssh finds is
 * known when a request is sent.
 */
export function absence(to: Place): Promise<string | undefined> {
  if (typeof to === 'string') return probe(to);
  if ('ssh' in to) return Promise.resolve(undefined);
  return new Promise((resolve) => {
    const socket = connect({ host: to.host, port: to.port, timeout: CONNECT_MS });
    socket.once('connect', () => (socket.destroy(), resolve(undefined)));
    socket.once('timeout', () => (socket.destroy(), resolve('ETIMEDOUT')));
    socket.once('error', (error) => resolve(codeOf(error) ?? 'unknown'));
  });
}

/** `code` is the exit code when there is no daemon and none can be started: 125 for `run`, 1 for the other verbs. */
export async function connectTo(command: Command, code = 1): Promise<Client> {
  const to = daemonOf(command);
  if (typeof to === 'string') await ensureDaemon(to, code);
  else {
    const reason = await absence(to);
    if (reason) throw new Failure(`cannot connect to the daemon at ${nameOf(to)}: ${reason}`, code);
  }
  return new Client(to);
}
