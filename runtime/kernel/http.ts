/**
 * HTTP client for registries and their token servers. Not fetch(), because its rules are made for web pages:
 *
 *                                 fetch()             registries
 *   ports 10080, 6000, 6667 …     "bad port"          a registry may listen on any port
 *   Content-Encoding              decodes the body    a digest is that of the bytes as they were sent
 *   https://user:password@host    refuses it          a redirect to a store may contain them
 *   headers over 16 KiB           refuses them        signed addresses are long
 */
import http from 'node:http';
import https from 'node:https';
import type { Readable } from 'node:stream';
import { proxyAuthorization, proxyFor, TunnelAgent, type TunnelOptions } from './proxy.ts';
import { registryTls } from './registry-certificates.ts';

/** A body that is read while it is sent. */
export interface Upload {
  /** in bytes */
  length: number;
  open(): Readable;
}
export interface HttpRequest {
  method?: string;
  headers?: Record<string, string>;
  body?: string | Buffer | Upload;
  signal?: AbortSignal;
}

/** A response whose headers have arrived. Its body is still being received: read it or destroy it. */
export interface HttpResponse {
  status: number;
  /** names in lower case; repeated fields are joined as in RFC 9110, section 5.3 */
  headers: ReadonlyMap<string, string>;
  body: Readable;
}

/** Longest time without a byte in either direction: while connecting, before the headers, and within the body. */
const SILENCE_MS = 60_000;
/** A kept connection that is unused for this long is closed. */
const IDLE_MS = 10_000;
const MAX_HEADERS = 256 * 1024;
const pool = { keepAlive: true, timeout: IDLE_MS, maxFreeSockets: 8 };
const plain = new http.Agent(pool);
const tls = new https.Agent(pool);

/** One agent per proxy, so that its connections are used again. */
const tunnels = new Map<string, TunnelAgent>();
function tunnelThrough(proxy: URL): TunnelAgent {
  const agent = tunnels.get(proxy.href) ?? new TunnelAgent(proxy, pool, SILENCE_MS);
  tunnels.set(proxy.href, agent);
  return agent;
}

interface OwnAgent {
  /** the files that it was made from */
  files: string;
  agent: https.Agent;
}
/** By host: agents of registries that have certificates of their own. */
const own = new Map<string, OwnAgent>();
/** The agent for a host of certs.d; undefined for all others. Throws Error for files that do not fit together. */
function ownAgent(host: string, proxy: URL | undefined): https.Agent | undefined {
  const tls = registryTls(host);
  if (!tls) return undefined;
  const files = JSON.stringify([tls, proxy?.href]);
  const known = own.get(host);
  if (known?.files === files) return known.agent;
  known?.agent.destroy();
  const { ca, cert, key } = tls;
  const options = { ...pool, ...(ca.length && { ca }), ...(cert.length && { cert, key }) };
  const agent = proxy ? new TunnelAgent(proxy, options, SILENCE_MS) : new https.Agent(options);
  own.set(host, { files, agent });
  return agent;
}

type Way = Pick<http.RequestOptions, 'agent' | 'headers' | 'hostname' | 'port' | 'path' | 'protocol'> & {
  client: typeof http;
};
/** The agent and options for `target`: directly, through a tunnel, or as a request to a proxy. */
function wayTo(target: URL): Way {
  const proxy = proxyFor(target);
  if (target.protocol === 'https:') {
    const agent = ownAgent(target.host, proxy) ?? (proxy ? tunnelThrough(proxy) : tls);
    return { client: https as never, agent };
  }
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

/** The URL without user name and password, for the journal and for messages. */
export function withoutPassword(url: string): string {
  const shown = new URL(url);
  shown.username = shown.password = '';
  return shown.href;
}

const joined = (headers: NodeJS.Dict<string[]>): Map<string, string> =>
  new Map(Object.entries(headers).map(([name, values = []]) => [name, values.join(', ')]));
/**
 * An error that says the reason. For a host with several addresses Node throws an AggregateError without a message; its
 * first error is returned. Node's "socket hang up" does not name the host, so the new error does.
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
      headers: {
        'User-Agent': 'drydock',
        'Accept-Encoding': 'identity',
        ...more,
        ...headers,
        ...(isUpload(body) && { 'Content-Length': String(body.length) }),
      },
      timeout: SILENCE_MS,
      maxHeaderSize: MAX_HEADERS,
      abandoned: signal,
    };
    const req = client.request(target, options);
    let response: http.IncomingMessage | undefined;
    const stop = (why: Error) => {
      (response ?? req).destroy(why);
      // while it waits for its tunnel, a request emits no error when it is destroyed
      reject(why);
    };
    const abort = () => stop(signal!.reason as Error);
    signal?.addEventListener('abort', abort);
    req.on('close', () => signal?.removeEventListener('abort', abort));
    req.on('timeout', () => stop(silent(target.host)));
    req.on('error', (error) => reject(Object.assign(clear(error, target.host), { reused: req.reusedSocket })));
    req.on('response', (res) => {
      response = res;
      // a connection may break while the body is not being read yet; without a listener that would end the daemon
      res.on('error', () => undefined);
      resolve({ status: res.statusCode ?? 0, headers: joined(res.headersDistinct), body: res });
    });
    if (isUpload(body)) stream(body, req, reject);
    else req.end(body);
  });
}

const isUpload = (body: HttpRequest['body']): body is Upload => typeof body === 'object' && !Buffer.isBuffer(body);

/** A server may answer before it has read all; then the rest is not sent. */
function stream({ open }: Upload, req: http.ClientRequest, failed: (error: Error) => void): void {
  const source = open();
  source.on('error', (error) => {
    failed(error);
    req.destroy(error);
  });
  req.on('close', () => source.destroy());
  source.pipe(req);
}

/** Whether the server closed a kept connection just as it was used again. RFC 9112, 9.3.1: repeat the request. */
const wasClosed = (error: unknown): boolean =>
  error instanceof Error &&
  'reused' in error &&
  error.reused === true &&
  'code' in error &&
  (error.code === 'ECONNRESET' || error.code === 'EPIPE');

/** Makes one request and follows no redirect. Throws errors with `code` (errno or TLS), or the signal's reason. */
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
