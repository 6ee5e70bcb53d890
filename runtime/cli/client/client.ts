/** HTTP with the daemon, over its unix socket or TCP: JSON, lines of JSON, raw streams and hijacked connections. */
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { isIP } from 'node:net';
import type { Duplex, Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createInterface } from 'node:readline';
import type { ConnectionOptions } from 'node:tls';
import { DaemonError } from '../failure/failure.ts';
import { connectBySsh, type Ssh } from './ssh.ts';

/** The Engine API version that this client speaks. */
export const API = '/v1.50';
export type Query = Record<string, string | number | boolean | readonly string[] | undefined>;
export interface Request {
  query?: Query;
  body?: unknown;
  headers?: Record<string, string>;
  /** sent instead of a JSON body */
  stream?: Readable;
  signal?: AbortSignal;
}
/** `head` holds the stream's first bytes, which came in the same packet as the daemon's answer. */
export interface Hijacked {
  socket: Duplex;
  head: Buffer;
  multiplexed: boolean;
}

export function queryString(query: Query = {}): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value === undefined || value === false || value === '') continue;
    for (const one of Array.isArray(value) ? (value as readonly string[]) : [value])
      search.append(name, one === true ? '1' : String(one));
  }
  const text = search.toString();
  return text && `?${text}`;
}

const LIMIT = 256 * 1024 * 1024;
export async function bodyOf(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > LIMIT) throw new DaemonError(500, `the daemon's answer is larger than ${LIMIT} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

async function refused(response: IncomingMessage): Promise<DaemonError> {
  const text = await bodyOf(response);
  const status = response.statusCode ?? 500;
  try {
    const { message, exitCode } = JSON.parse(text) as { message?: unknown; exitCode?: unknown };
    if (typeof message === 'string')
      return new DaemonError(status, message, exitCode === 126 || exitCode === 127 ? exitCode : undefined);
  } catch {
    // not JSON: the body itself is the message
  }
  return new DaemonError(status, text.trim() || `the daemon answered with status ${status}`);
}

/** A daemon that listens on TCP; without `tls` in plain text. */
export interface Remote {
  host: string;
  port: number;
  tls?: ConnectionOptions;
}

export class Client {
  /** `to`: the path of a unix socket, or another machine's daemon */
  constructor(readonly to: string | Remote | Ssh) {}

  #send(
    method: string,
    path: string,
    { query, body, headers, stream, signal }: Request,
    upgrade?: (answer: Hijacked) => void,
  ): Promise<IncomingMessage> {
    const text = body === undefined ? undefined : JSON.stringify(body);
    const { to } = this;
    // without a server name, Node compares the certificate with the Host header
    const where =
      typeof to === 'string'
        ? { socketPath: to, agent: false }
        : 'ssh' in to
          ? { createConnection: () => connectBySsh(to) }
          : { host: to.host, port: to.port, servername: isIP(to.host) ? '' : to.host, agent: false, ...to.tls };
    const begin = typeof to === 'object' && 'tls' in to ? httpsRequest : httpRequest;
    return new Promise((resolve, reject) => {
      const request = begin({
        ...where,
        method,
        path: `${path.startsWith('/drydock/') ? '' : API}${path}${queryString(query)}`,
        ...(signal && { signal }),
        headers: {
          Host: 'drydock',
          ...(text !== undefined && { 'Content-Type': 'application/json' }),
          ...(!stream && { 'Content-Length': String(Buffer.byteLength(text ?? '')) }),
          ...headers,
        },
      });
      request.on('response', (response) => {
        // A reader gets the error through its own listener. When nothing reads any more, a cut connection must not end
        // this process.
        response.on('error', () => undefined);
        resolve(response);
      });
      request.on('upgrade', (response, socket, head) =>
        upgrade?.({ socket, head, multiplexed: /multiplexed/.test(response.headers['content-type'] ?? '') }),
      );
      request.on('error', reject);
      // the daemon may answer before it has read all; its answer then says why
      if (stream) pipeline(stream, request).catch(reject);
      else request.end(text);
    });
  }

  /** Sends a request and waits for the status line. A status from 300 on throws DaemonError, except 304. */
  async open(method: string, path: string, request: Request = {}): Promise<IncomingMessage> {
    const response = await this.#send(method, path, request);
    if (response.statusCode === 304 || (response.statusCode ?? 500) < 300) return response;
    throw await refused(response);
  }

  /** The answer's body, parsed as JSON; undefined when it has no body. */
  async call<T = void>(method: string, path: string, request: Request = {}): Promise<T> {
    const text = await bodyOf(await this.open(method, path, request));
    return (text ? JSON.parse(text) : undefined) as T;
  }

  get<T>(path: string, query: Query = {}): Promise<T> {
    return this.call<T>('GET', path, { query });
  }

  post<T = void>(path: string, query: Query = {}, body?: unknown): Promise<T> {
    return this.call<T>('POST', path, { query, body });
  }

  /** The answer as a sequence of JSON values, one a line, each as it arrives. */
  async *lines<T>(method: string, path: string, request: Request = {}): AsyncGenerator<T> {
    const response = await this.open(method, path, request);
    const reader = createInterface({ input: response, crlfDelay: Infinity });
    // readline passes on errors of its input, even after the loop below has ended
    reader.on('error', () => undefined);
    for await (const line of reader) {
      if (line.trim()) yield JSON.parse(line) as T;
    }
  }

  /** Upgrades the connection to a stream in both directions: Engine API, "Stream format". */
  hijack(path: string, query: Query, body?: unknown): Promise<Hijacked> {
    return new Promise((resolve, reject) => {
      this.#send('POST', path, { query, body, headers: { Connection: 'Upgrade', Upgrade: 'tcp' } }, resolve).then(
        async (response) => reject(await refused(response)),
        reject,
      );
    });
  }
}

/** The path of a container's resource; `ref` is an id or a name. */
export const containerPath = (ref: string, rest = ''): string => `/containers/${encodeURIComponent(ref)}${rest}`;
export const volumePath = (name: string): string => `/volumes/${encodeURIComponent(name)}`;
export const drydockPath = (ref: string, rest: string): string =>
  `/drydock/containers/${encodeURIComponent(ref)}${rest}`;
/** An image name keeps its slashes: the daemon takes everything before the last word of the path as the name. */
export const imagePath = (name: string, rest = ''): string =>
  `/images/${name
    .split('/')
    .map((part) => encodeURIComponent(part).replaceAll('%3A', ':').replaceAll('%40', '@'))
    .join('/')}${rest}`;
