/**
 * Connections that stop being HTTP: attach and exec start. Engine API, "Attach to a container".
 *
 *   client                                    daemon
 *   POST …/attach  Upgrade: tcp      →        101 UPGRADED   from here on both ways are the process's bytes
 *   POST …/attach                    →        200 OK         the same, for clients that do not upgrade
 *
 * Node's HTTP server gives a socket away only in its 'upgrade' event, and does not read the body then. So these requests all go
 * there, their body is taken off the socket here, and express answers them with a response of our own making.
 */
import { type IncomingMessage, ServerResponse, type RequestListener, type Server } from 'node:http';
import type { Socket } from 'node:net';
import { badParameter } from '../../runtime/machine/refusal.ts';
import type { Exchange } from './route.ts';

interface Taken { socket: Socket; body: Buffer; rest: Buffer }
const taken = new WeakMap<IncomingMessage, Taken>();
const HIJACKED = /^(\/v\d+\.\d+)?\/(containers\/.+\/attach|exec\/.+\/start)(\?|$)/;
const BODY_LIMIT = 64 * 1024;
const BODY_MS = 10_000;

export const bodyOfTaken = (req: IncomingMessage): Buffer | undefined => taken.get(req)?.body;

/** The first `wanted` bytes after the head, and what came behind them; undefined when the client left or was too slow. */
function readBody(socket: Socket, head: Buffer, wanted: number): Promise<{ body: Buffer; rest: Buffer } | undefined> {
  return new Promise((resolve) => {
    let bytes = head;
    const done = (complete: boolean) => {
      clearTimeout(timer);
      for (const [event, listener] of listeners) socket.off(event, listener);
      resolve(complete ? { body: bytes.subarray(0, wanted), rest: bytes.subarray(wanted) } : undefined);
    };
    // 'readable' and read(), because after a 'data' listener the socket would stay paused for its next owner
    const onReadable = () => {
      for (let chunk: Buffer | null; bytes.length < wanted && (chunk = socket.read() as Buffer | null);) bytes = Buffer.concat([bytes, chunk]);
      if (bytes.length >= wanted) done(true);
    };
    const gone = () => done(false);
    const listeners: [string, () => void][] = [['readable', onReadable], ['end', gone], ['close', gone]];
    const timer = setTimeout(gone, BODY_MS);
    if (bytes.length >= wanted) return done(true);
    for (const [event, listener] of listeners) socket.on(event, listener);
  });
}

/** A response outside Node's connection keeping: it ends the connection with itself. */
function responseOn(socket: Socket, req: IncomingMessage): ServerResponse {
  const res = new ServerResponse(req);
  res.shouldKeepAlive = false;
  res.assignSocket(socket);
  res.on('finish', () => {
    res.detachSocket(socket);
    socket.end();
  });
  return res;
}

async function take(app: RequestListener, req: IncomingMessage, socket: Socket, head: Buffer): Promise<void> {
  socket.on('error', () => socket.destroy());
  socket.setTimeout(0);
  const length = Number(req.headers['content-length'] ?? 0);
  const read = length > BODY_LIMIT ? undefined : await readBody(socket, head, length);
  if (!read) {
    socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n', () => socket.destroy());
    return;
  }
  taken.set(req, { socket, ...read });
  app(req as Parameters<RequestListener>[0], responseOn(socket, req) as Parameters<RequestListener>[1]);
}

/** What Node keeps of a connection, as far as it is touched here (lib/_http_server.js). */
interface HttpSocket extends Socket { parser?: { onIncoming(req: IncomingMessage & { upgrade?: boolean }, keepAlive: boolean): number } }

export function serveHijacks(server: Server, app: RequestListener): void {
  // it fails where an earlier request of the same connection still waits for its answer
  server.on('upgrade', (req, socket, head) => void take(app, req, socket as Socket, head).catch(() => socket.destroy()));
  // A client that does not ask for an upgrade gets one all the same: its next bytes are stdin, not another request.
  server.on('connection', (socket: HttpSocket) => {
    const parser = socket.parser;
    if (!parser) return;
    const incoming = parser.onIncoming;
    parser.onIncoming = (req, keepAlive) => {
      if (req.method === 'POST' && HIJACKED.test(req.url ?? '')) req.upgrade = true;
      return incoming(req, keepAlive);
    };
  });
}

/** Sends the head of the answer and hands over the connection; `rest` are bytes that came with the request. */
export function hijack(x: Exchange, tty: boolean): { socket: Socket; rest: Buffer } {
  const it = taken.get(x.req);
  if (!it) throw badParameter(`${x.req.path} takes over the connection: send the header 'Upgrade: tcp'`);
  x.res.detachSocket(it.socket);
  const upgrade = /\bupgrade\b/i.test(x.req.headers.connection ?? '') && x.req.headers.upgrade !== undefined;
  const first = upgrade ? ['HTTP/1.1 101 UPGRADED', 'Connection: Upgrade', 'Upgrade: tcp'] : ['HTTP/1.1 200 OK', 'Connection: close'];
  it.socket.write(`${[...first, `Content-Type: ${streamType(tty, x.api)}`].join('\r\n')}\r\n\r\n`);
  return it;
}

/** The content type tells raw from multiplexed since API 1.42 only. */
export const streamType = (tty: boolean, api: number): string =>
  `application/vnd.docker.${!tty && api >= 42 ? 'multiplexed' : 'raw'}-stream`;

/** A chunk with the header of Docker's multiplexed streams; stream 1 stdout, 2 stderr. */
export function frame(stream: 1 | 2, text: string): Buffer {
  const body = Buffer.from(text);
  const header = Buffer.alloc(8);
  header[0] = stream;
  header.writeUInt32BE(body.length, 4);
  return Buffer.concat([header, body]);
}
