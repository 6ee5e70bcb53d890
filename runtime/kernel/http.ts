/**
 * HTTP to registries and their token servers. Not by fetch(), whose rules are made for pages in a browser:
 *
 *   ports (10080, 6000, 6667 …)   "bad port"          a registry may listen on any
 *   Content-Encoding              undone              a digest is that of the bytes as they were sent
 *   https://user:password@host    refused             a redirect to a store may carry them
 *   headers over 16 KiB           refused             signed addresses are long
 */
import http from 'node:http';
import https from 'node:https';
import type { Readable } from 'node:stream';
import { proxyAuthorization, proxyFor, TunnelAgent, type TunnelOptions } from './proxy.ts';

export interface HttpRequest {
  method?: string;
  headers?: Record<string, string>;
  body?: string;
  signal?: AbortSignal;
}

/** An answer whose headers are there and whose body is still on its way: read it or destroy it. */
export interface HttpResponse {
  status: number;
  /** names in lower case; those that came more than once are joined as RFC 9110, 5.3 has it */
  headers: ReadonlyMap<string, string>;
  body: Readable;
}

/**
 * Without a byte in either direction: until the connection is there, until the headers are, between two pieces of the
 * body.
 */
const SILENCE_MS = 60_000;
/** A connection that is not used for this long is closed. */
const IDLE_MS = 10_000;
const MAX_HEADERS = 256 * 1024;
const pool = { keepAlive: true, timeout: IDLE_MS, maxFreeSockets: 8 };
const plain = new http.Agent(pool);
const tls = new https.Agent(pool);

/** One for each proxy, so that its connections are used again. */
const tunnels = new Map<string, TunnelAgent>();
function tunnelThrough(proxy: URL): TunnelAgent {
  const agent = tunnels.get(proxy.href) ?? new TunnelAgent(proxy, pool, SILENCE_MS);
  tunnels.set(proxy.href, agent);
  return agent;
}

type Way = Pick<http.RequestOptions, 'agent' | 'headers' | 'hostname' | 'port' | 'path' | 'protocol'> & {
  client: typeof http;
};
/** Straight to the target, through a tunnel to it, or to a proxy that asks it. */
function wayTo(target: URL): Way {
  const proxy = proxyFor(target);
  if (target.protocol === 'https:') return { client: https as never, agent: proxy ? tunnelThrough(proxy) : tls };
  if (!proxy) return { client: http, agent: plain };
  const secure = proxy.protocol === 'https:';
  return {
    client: secure ? (https as never) : http,
    agent: secure ? tls : plain,
    protocol: proxy.protocol,
    hostname: proxy.hostname.replace(/^\[|\]$/g, ''),
    port: proxy.port || (secure ? 443 : 80),
    path: withoutPassword(target.href),
    headers: { Host: target.host, ...proxyAuthorization(proxy) },
  };
}

/** Without the password that may stand in it: for the journal and for messages. */
export function withoutPassword(url: string): string {
  const shown = new URL(url);
  shown.username = shown.password = '';
  return shown.href;
}

const joined = (headers: NodeJS.Dict<string[]>): Map<string, string> =>
  new Map(Object.entries(headers).map(([name, values = []]) => [name, values.join(', ')]));
/**
 * A host with several addresses fails with one error for each: the first says why. Node's "socket hang up" names no
 * host.
 */
function clear(error: Error & { code?: string }, host: string): Error {
  if (error instanceof AggregateError && !error.message && error.errors.length) return error.errors[0] as Error;
  if (error.code === 'ECONNRESET')
    return Object.assign(new Error(`${host} closed the connection without an answer`, { cause: error }), {
      code: error.code,
    });
  return error;
}
const silent = (host: string) =>
  Object.assign(new Error(`${host} was silent for ${SILENCE_MS / 1000} s`), { code: 'ETIMEDOUT' });

function send(target: URL, { method = 'GET', headers, body, signal }: HttpRequest): Promise<HttpResponse> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const { client, headers: more, ...way } = wayTo(target);
    const options: TunnelOptions = {
      ...way,
      method,
      headers: { 'User-Agent': 'drydock', 'Accept-Encoding': 'identity', ...more, ...headers },
      timeout: SILENCE_MS,
      maxHeaderSize: MAX_HEADERS,
      abandoned: signal,
    };
    const req = client.request(target, options);
    let response: http.IncomingMessage | undefined;
    const stop = (why: Error) => {
      (response ?? req).destroy(why);
      // a request that waits for its tunnel does not say so by itself
      reject(why);
    };
    const abort = () => stop(signal!.reason as Error);
    signal?.addEventListener('abort', abort);
    req.on('close', () => signal?.removeEventListener('abort', abort));
    req.on('timeout', () => stop(silent(target.host)));
    req.on('error', (error) => reject(Object.assign(clear(error, target.host), { reused: req.reusedSocket })));
    req.on('response', (res) => {
      response = res;
      // a connection may break while nothing reads the body yet: the reader is told then, and the daemon goes on
      res.on('error', () => undefined);
      resolve({ status: res.statusCode ?? 0, headers: joined(res.headersDistinct), body: res });
    });
    req.end(body);
  });
}

/**
 * The server closed a kept connection in the moment in which it was used again: RFC 9112, 9.3.1 says to repeat the
 * request.
 */
const wasClosed = (error: unknown): boolean =>
  error instanceof Error &&
  'reused' in error &&
  error.reused === true &&
  'code' in error &&
  (error.code === 'ECONNRESET' || error.code === 'EPIPE');

/** One request, no redirect followed. Throws errors with `code`, the system's or TLS's, or the signal's reason. */
export async function request(url: string, ask: HttpRequest = {}): Promise<HttpResponse> {
  const target = new URL(url);
  for (;;) {
    try {
      return await send(target, ask);
    } catch (error) {
      if (ask.body !== undefined || !wasClosed(error)) throw error;
    }
  }
}
