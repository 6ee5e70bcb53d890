/** Drydock's own OCI distribution server: pull and push over HTTP/1.1, on loopback. OCI distribution spec 1.1. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { appendUpload, beginUpload, cancelUpload, deleteBlob, finishUpload, getBlob, uploadStatus } from './blobs.ts';
import { RegistryRefusal } from './error.ts';
import { answerJson, type Exchange, type Handler } from './exchange.ts';
import { catalog, deleteManifest, getManifest, listTags, putManifest } from './manifests.ts';
import { Storage } from './storage.ts';
import { Uploads } from './uploads.ts';

export interface RegistryOptions {
  /** the directory for what is stored, made when absent: storage.ts */
  root: string;
  /** 0 means any free port */
  port: number;
  /** allow pulls only */
  readOnly?: boolean;
  /** in bytes; 64 GiB if absent */
  maxBlob?: number;
}
export interface Registry {
  url: string;
  port: number;
  close(): Promise<void>;
}

const MAX_BLOB = 64 * 2 ** 30;
const API = { 'Docker-Distribution-Api-Version': 'registry/2.0', 'X-Content-Type-Options': 'nosniff' };
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

async function serve(
  req: IncomingMessage,
  res: ServerResponse,
  storage: Storage,
  uploads: Uploads,
  readOnly: boolean,
): Promise<void> {
  for (const [name, value] of Object.entries(API)) res.setHeader(name, value);
  try {
    const url = new URL(req.url ?? '/', 'http://registry');
    const { handler, name, reference } = route(req.method ?? 'GET', decodePath(url.pathname), readOnly);
    const x: Exchange = { req, res, query: url.searchParams, storage, uploads, name, reference };
    await handler(x);
  } catch (error) {
    refuse(req, res, error);
  }
}

/** Serves on 127.0.0.1 until close(); does not keep the process alive. Throws what listen(2) throws. */
export async function startRegistry({
  root,
  port,
  readOnly = false,
  maxBlob = MAX_BLOB,
}: RegistryOptions): Promise<Registry> {
  const storage = new Storage(root);
  const uploads = new Uploads(storage, maxBlob);
  const server = createServer(
    { requestTimeout: 0, headersTimeout: 10_000, maxHeaderSize: 32 * 1024 },
    (req, res) => void serve(req, res, storage, uploads, readOnly),
  );
  // an upload may take any time as long as bytes come
  server.on('connection', (socket) => socket.setTimeout(120_000, () => socket.destroy()));
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, '127.0.0.1', resolve));
  server.unref();
  const { port: bound } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${bound}`,
    port: bound,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
