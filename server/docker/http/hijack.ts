/**
 * Connections that stop being HTTP: attach, exec start, and BuildKit's. Engine API, "Attach to a container".
 *
 *   client                                    daemon
 *   POST …/attach  Upgrade: tcp      →        101 UPGRADED   from here on the process's bytes, in both directions
 *   POST …/attach                    →        200 OK         the same, for clients that do not upgrade
 *
 * The request is parsed like any other one, with or without a body (connection.ts holds back what follows it). The
 * server has no listener for 'upgrade', so Node treats Upgrade like any other header.
 */
import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { WebSocketServer, type WebSocket } from 'ws';
import { badParameter } from '../../../runtime/errors/api-error.ts';
import { HttpConnection, serveConnections } from './connection.ts';
import { hijacks } from './message-boundary.ts';
import type { Exchange } from './route.ts';

/** `event`: with TLS the connections come by 'secureConnection'. */
export function serveHijacks(
  server: Server,
  event: 'connection' | 'secureConnection' = 'connection',
  http2?: (socket: Socket) => void,
): void {
  serveConnections(server, event, http2);
  server.prependListener('request', (req, res) => {
    // when such a request is refused, the bytes after it are a process's input and must not be parsed as the next
    // request
    if (hijacks(req.method, req.url)) res.setHeader('Connection', 'close');
  });
}

/** The connection, without an answer. The caller must attach its listeners before its first await. */
function release(x: Exchange): Socket {
  const connection = x.req.socket as unknown;
  if (!(connection instanceof HttpConnection) || !connection.over)
    throw badParameter(`${x.req.path} takes over the connection: its body has to be complete`);
  if (x.res.socket !== x.req.socket)
    throw badParameter('an earlier request of this connection still waits for its answer');
  x.res.detachSocket(x.req.socket);
  return connection.release();
}

/** Goes on in this protocol. The returned connection is paused, and holds the bytes that followed the request. */
export function upgrade(x: Exchange, protocol: string): Socket {
  checkUpgrade(x, protocol);
  const socket = release(x).pause();
  socket.write(`HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: ${protocol}\r\n\r\n`);
  return socket;
}

/** Throws ApiError 400 in dockerd's words when the request does not ask for `protocol`. */
export function checkUpgrade(x: Exchange, protocol: string): void {
  const asked = x.req.headers.upgrade;
  if (!asked) throw badParameter(`no upgrade proto in request: ${x.req.path} needs the header Upgrade: ${protocol}`);
  if (asked.toLowerCase() !== protocol)
    throw badParameter(`protocol ${asked} not supported: ${x.req.path} needs the header Upgrade: ${protocol}`);
}

/**
 * Sends the head of the answer and returns the connection. The caller must attach its listeners before its first await.
 */
export function hijack(x: Exchange, tty: boolean): Socket {
  const socket = release(x);
  // the Upgrade header alone decides, as in dockerd, because some clients leave out Connection: Upgrade
  const first =
    x.req.headers.upgrade !== undefined
      ? ['HTTP/1.1 101 UPGRADED', 'Connection: Upgrade', 'Upgrade: tcp']
      : ['HTTP/1.1 200 OK', 'Connection: close'];
  socket.write(`${[...first, `Content-Type: ${streamType(tty, x.api)}`].join('\r\n')}\r\n\r\n`);
  return socket;
}

/** In bytes. docker's own server reads a message in pieces; a longer one closes the WebSocket. */
const MOST_MESSAGE = 1 << 20;
const webSockets = new WebSocketServer({ noServer: true, maxPayload: MOST_MESSAGE, perMessageDeflate: false });

/** Makes the connection a WebSocket (RFC 6455). Throws ApiError 400 when the request does not ask for one. */
export function webSocket(x: Exchange): Promise<WebSocket> {
  const { upgrade, 'sec-websocket-key': key = '', 'sec-websocket-version': version } = x.req.headers;
  if (upgrade?.toLowerCase() !== 'websocket' || !/^[+/\da-z]{22}==$/i.test(key) || version !== '13')
    throw badParameter(`${x.req.path} is for WebSockets of RFC 6455: the request must ask for one`);
  const socket = release(x);
  return new Promise((resolve, reject) => {
    socket.once('close', () => reject(badParameter('the WebSocket was closed before it was open')));
    webSockets.handleUpgrade(x.req, socket, Buffer.alloc(0), resolve);
  });
}

/** Since API 1.42 the content type tells raw streams from multiplexed ones. */
export const streamType = (tty: boolean, api: number): string =>
  `application/vnd.docker.${!tty && api >= 42 ? 'multiplexed' : 'raw'}-stream`;

/** A chunk with the header of Docker's multiplexed streams. Stream 1 is stdout, 2 is stderr. */
export function frame(stream: 1 | 2, text: string): Buffer {
  const body = Buffer.from(text);
  const header = Buffer.alloc(8);
  header[0] = stream;
  header.writeUInt32BE(body.length, 4);
  return Buffer.concat([header, body]);
}
