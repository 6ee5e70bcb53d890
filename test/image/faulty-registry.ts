/** A registry on loopback with faults that the test chooses. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Sample } from './sample.ts';

/** Returns true if it has answered the request. */
export type Fault = (req: IncomingMessage, res: ServerResponse, path: string) => boolean | void;
export interface Faulty {
  host: string;
  url: string;
  requests: string[];
  seen: IncomingMessage[];
  fault: Fault;
  close(): Promise<void>;
}

function serveBlob(req: IncomingMessage, res: ServerResponse, bytes: Buffer): void {
  const from = Number(/^bytes=(\d+)-/.exec(req.headers.range ?? '')?.[1] ?? 0);
  res.writeHead(from ? 206 : 200, {
    'Content-Length': bytes.length - from,
    ...(from && { 'Content-Range': `bytes ${from}-${bytes.length - 1}/${bytes.length}` }),
  });
  res.end(bytes.subarray(from));
}

/**
 * Serves the sample image under every repository name, with the tag `latest`; port 0 is any free port. Throws
 * EADDRINUSE.
 */
export async function faultyRegistry(image: Sample, fault: Fault = () => false, port = 0): Promise<Faulty> {
  const faulty: Faulty = { host: '', url: '', requests: [], seen: [], fault, close: async () => undefined };
  const server = createServer((req, res) => {
    const path = decodeURIComponent(new URL(req.url!, 'http://x').pathname);
    faulty.requests.push(`${req.method} ${path}${req.headers.range ? ` ${req.headers.range}` : ''}`);
    faulty.seen.push(req);
    if (faulty.fault(req, res, path)) return;
    const [, kind, reference = ''] = /\/(manifests|blobs)\/([^/]+)$/.exec(path) ?? [];
    const manifest = image.manifests.get(reference === 'latest' ? image.index : reference);
    const blob = image.blobs.get(reference);
    if (path === '/v2/') res.end('{}');
    else if (kind === 'manifests' && manifest)
      res
        .writeHead(200, {
          'Content-Type': manifest.mediaType,
          'Docker-Content-Digest': reference === 'latest' ? image.index : reference,
        })
        .end(req.method === 'HEAD' ? undefined : manifest.bytes);
    else if (kind === 'blobs' && blob) serveBlob(req, res, blob);
    else
      res.writeHead(404, { 'Content-Type': 'application/json' }).end(
        JSON.stringify({
          errors: [{ code: kind === 'blobs' ? 'BLOB_UNKNOWN' : 'MANIFEST_UNKNOWN', message: 'manifest unknown' }],
        }),
      );
  });
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, '127.0.0.1', resolve));
  const { port: bound } = server.address() as AddressInfo;
  return Object.assign(faulty, {
    host: `127.0.0.1:${bound}`,
    url: `http://127.0.0.1:${bound}`,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  });
}
