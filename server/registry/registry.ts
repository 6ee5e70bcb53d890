/** Drydock's own OCI distribution server: pull and push over HTTP/1.1. OCI distribution spec 1.1. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Door } from './auth.ts';
import { appendUpload, beginUpload, cancelUpload, deleteBlob, finishUpload, getBlob, uploadStatus } from './blobs.ts';
import { RegistryRefusal } from './error.ts';
import { answerJson, type Exchange, type Handler } from './exchange.ts';
import { catalog, deleteManifest, getManifest, listTags, putManifest } from './manifests.ts';
import { listReferrers } from './referrers.ts';
import { Storage } from './storage.ts';
import { Uploads } from './uploads.ts';

export interface RegistryOptions {
  /** the directory for what is stored, made when absent: storage.ts */
  root: string;
  /** 0 means any free port */
  port: number;
  /** the address to listen on; 127.0.0.1 if absent */
  host?: string;
  /** certificate chain and private key, PEM; HTTP without TLS if absent */
  tls?: { cert: Buffer; key: Buffer };
  /** absent: no password is asked for */
  door?: Door;
  /** allow pulls only */
  readOnly?: boolean;
  /** in bytes; 64 GiB if absent */
  maxBlob?: number;
  /** what is answered with 201 is on the disk: fsync(2) */
  durable?: boolean;
  /** is told about each answer */
  log?: (line: string) => void;
}
export interface Registry {
  url: string;
  port: number;
  /** Ends; `grace`: requests that are being answered may go on for this many milliseconds. */
  close(grace?: number): Promise<void>;
  /** Uses another certificate for the connections to come. Throws what node:tls throws. */
  renew(tls: { cert: Buffer; key: Buffer }): void;
}

const MAX_BLOB = 64 * 2 ** 30;
const API = { 'Docker-Distribution-Api-Version': 'registry/2.0', 'X-Content-Type-Options': 'nosniff' };
const MOST_CONNECTIONS = 4096;
const check: Handler = (x) => answerJson(x, {});

/** The first pattern that matches is used. Its groups are the repository's name and the reference. */
const routes: [pattern: RegExp, methods: Partial<Record<string, Handler>>][] = [
  [/^\/v2\/?$/, { GET: check }],
  [/^\/v2\/_catalog$/, { GET: catalog }],
  [/^\/v2\/(.+)\/tags\/list$/, { GET: listTags }],
  [/^\/v2\/(.+)\/blobs\/uploads\/?$/, { POST: beginUpload }],
  [
    /^\/v2\/(.+)\/blobs\/uploads\/([^/]+)$/,
    { GET: uploadStatus, PATCH: appendUpload, PUT: finishUpload, DELETE: cancelUpload },
  ],
  [/^\/v2\/(.+)\/blobs\/([^/]+)$/, { GET: getBlob, DELETE: deleteBlob }],
  [/^\/v2\/(.+)\/referrers\/([^/]+)$/, { GET: listReferrers }],
  [/^\/v2\/(.+)\/manifests\/([^/]+)$/, { GET: getManifest, PUT: putManifest, DELETE: deleteManifest }],
];

function decodePath(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    throw new RegistryRefusal('NAME_INVALID', 'the path is not percent-encoded UTF-8');
  }
}

function route(method: string, path: string, readOnly: boolean): { handler: Handler; name: string; reference: string } {
  const found = routes.map(([pattern, methods]) => ({ match: pattern.exec(path), methods })).find(({ match }) => match);
  if (!found?.match) throw new RegistryRefusal('NAME_UNKNOWN', 'no such route');
  const handler = found.methods[method === 'HEAD' ? 'GET' : method];
  if (!handler || (readOnly && !['GET', 'HEAD'].includes(method)))
    throw new RegistryRefusal('UNSUPPORTED', 'the operation is unsupported', {
      Allow: Object.keys(found.methods).join(', '),
    });
  return { handler, name: found.match[1] ?? '', reference: found.match[2] ?? '' };
}

function refuse(req: IncomingMessage, res: ServerResponse, error: unknown): void {
  if (res.headersSent) return void res.destroy();
  const refusal = error instanceof RegistryRefusal ? error : new RegistryRefusal('UNKNOWN', 'the registry failed');
  const body = refusal.body();
  // close the connection, because the unread rest of a body would be taken for the next request
  res.writeHead(refusal.status, {
    'Content-Type': 'application/json',
    'Content-Length': Buffer.byteLength(body),
    ...refusal.headers,
    ...(!req.complete && { Connection: 'close' }),
  });
  res.end(req.method === 'HEAD' ? undefined : body);
}

interface Served {
  storage: Storage;
  uploads: Uploads;
  options: RegistryOptions;
}

async function serve(req: IncomingMessage, res: ServerResponse, { storage, uploads, options }: Served): Promise<void> {
  for (const [name, value] of Object.entries(API)) res.setHeader(name, value);
  let user = '-';
  try {
    if (options.door) user = await options.door.check(req);
    const url = new URL(req.url ?? '/', 'http://registry');
    const { handler, name, reference } = route(
      req.method ?? 'GET',
      decodePath(url.pathname),
      options.readOnly ?? false,
    );
    const x: Exchange = { req, res, query: url.searchParams, storage, uploads, name, reference };
    await handler(x);
  } catch (error) {
    refuse(req, res, error);
    // what a client did wrong is in its answer; a fault of the storage is for the owner of the registry
    if (!(error instanceof RegistryRefusal) && res.statusCode >= 500) options.log?.(String(error));
  } finally {
    options.log?.(`${req.socket.remoteAddress ?? '-'} ${user} ${req.method} ${req.url} ${res.statusCode}`);
  }
}

/** Serves until close(); does not keep the process alive. Throws what listen(2) throws. */
export async function startRegistry(options: RegistryOptions): Promise<Registry> {
  const { root, port, host = '127.0.0.1', tls, maxBlob = MAX_BLOB, durable = false } = options;
  const storage = new Storage(root, durable);
  const served: Served = { storage, uploads: new Uploads(storage, maxBlob), options };
  const limits = { requestTimeout: 0, headersTimeout: 10_000, maxHeaderSize: 32 * 1024 };
  const handle = (req: IncomingMessage, res: ServerResponse) => void serve(req, res, served);
  const secure = tls && createTlsServer({ ...limits, ...tls, minVersion: 'TLSv1.2', handshakeTimeout: 10_000 }, handle);
  const server: Server = secure ?? createServer(limits, handle);
  server.maxConnections = MOST_CONNECTIONS;
  // an upload may take any time as long as bytes come
  server.on('connection', (socket) => socket.setTimeout(120_000, () => socket.destroy()));
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, host, resolve));
  server.unref();
  const { port: bound } = server.address() as AddressInfo;
  return {
    url: `${tls ? 'https' : 'http'}://${host.includes(':') ? `[${host}]` : host}:${bound}`,
    port: bound,
    renew: (renewed) => secure?.setSecureContext({ ...renewed, minVersion: 'TLSv1.2' }),
    close: (grace = 0) =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeIdleConnections();
        setTimeout(() => server.closeAllConnections(), grace).unref();
      }),
  };
}
