import { isIPv6 } from 'node:net';

/** Where the Engine API listens. The forms are those of dockerd's -H. */
export type ApiAddress =
  /** unix:///run/drydock/drydock.sock */
  | { unix: string }
  /** tcp://192.0.2.7:2376; `host` is a name or an IP address without brackets */
  | { host: string; port: number }
  /** fd://, fd://3: a descriptor from the service manager (sd_listen_fds(3)), or all of them */
  | { fd: number | 'all' };

/** TLS on TCP. The paths are absolute. */
export interface ApiTls {
  cert: string;
  key: string;
  /** certificates of the authority that signs the clients' certificates; absent: clients need none */
  ca?: string;
}

/** The address as -H has it. */
export function addressText(address: ApiAddress): string {
  if ('unix' in address) return `unix://${address.unix}`;
  if ('fd' in address) return `fd://${address.fd === 'all' ? '' : address.fd}`;
  return `tcp://${isIPv6(address.host) ? `[${address.host}]` : address.host}:${address.port}`;
}
