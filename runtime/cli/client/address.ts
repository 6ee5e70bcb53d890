/** The address of the daemon's API. */
import { isAbsolute, join } from 'node:path';
import type { ApiAddress } from '../../data-root/api-address.ts';
import { misuse } from '../failure/failure.ts';

export const DEFAULT_EXEC_ROOT = '/run/drydock';
/** The ports that docker's client takes where tcp:// names none. */
const TLS_PORT = 2376;
const PLAIN_PORT = 2375;

/** DRYDOCK_HOST of the environment, or else drydock.sock in the exec root. */
export const hostFrom = (env: NodeJS.ProcessEnv, execRoot = env['DRYDOCK_EXEC_ROOT'] || DEFAULT_EXEC_ROOT): string =>
  env['DRYDOCK_HOST'] || `unix://${join(execRoot, 'drydock.sock')}`;

/**
 * 'unix:///run/x.sock' → '/run/x.sock'. Other schemes are a misuse (exit code 125). sun_path holds 107 bytes (unix(7)).
 */
export function socketPath(host: string): string {
  const path = host.startsWith('unix://') ? host.slice('unix://'.length) : host;
  if (!isAbsolute(path))
    throw misuse(
      `invalid host ${JSON.stringify(host)}: give unix:///absolute/path, or tcp://host:port or ssh://host for another machine`,
    );
  if (Buffer.byteLength(path) > 107)
    throw misuse(`socket path ${JSON.stringify(path)} is longer than 107 bytes: choose a shorter one`);
  return path;
}

function tcpAddress(text: string, tls: boolean): { host: string; port: number } {
  const [, v6, name, port] = /^tcp:\/\/(?:\[([\da-fA-F:.]+)\]|([\w.-]*))(?::(\d{1,5}))?\/?$/.exec(text) ?? [];
  if ((v6 ?? name) === undefined || Number(port ?? 1) > 65535)
    throw misuse(`invalid host ${JSON.stringify(text)}: give tcp://host:port, an IPv6 address in brackets`);
  // as in docker, an address without a host is this machine
  return { host: v6 || name || '127.0.0.1', port: port === undefined ? (tls ? TLS_PORT : PLAIN_PORT) : Number(port) };
}

function descriptor(text: string): { fd: number | 'all' } {
  const name = text.slice('fd://'.length);
  if (name === '' || name === '*') return { fd: 'all' };
  // sd_listen_fds(3): the first descriptor is 3
  if (!/^\d{1,4}$/.test(name) || Number(name) < 3)
    throw misuse(`invalid host ${JSON.stringify(text)}: give fd:// for all descriptors, or fd://3 for the first`);
  return { fd: Number(name) };
}

/** The value of -H. `tls` decides the port where tcp:// names none. Throws a misuse (exit code 125). */
export function apiAddress(text: string, tls: boolean): ApiAddress {
  if (text.startsWith('tcp://')) return tcpAddress(text, tls);
  if (text.startsWith('fd://')) return descriptor(text);
  return { unix: socketPath(text) };
}
