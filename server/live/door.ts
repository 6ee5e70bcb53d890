/** One listening server of the playground: the page over HTTP and the upgrade to a WebSocket, both behind the guard. */
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import { createServer as createSecureServer, type Server as SecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { WebSocketServer, type WebSocket } from 'ws';
import { conflict } from '../../runtime/errors/api-error.ts';
import { Connections } from '../sockets/connections.ts';
import { refusal, sessionOf } from './guard.ts';
import type { SessionTokens } from './session-tokens.ts';
import { pageApp, type PageOptions } from './page.ts';
import { loopback, secured, type Origin, type Tls } from '../sockets/origin.ts';
import { LIMITS } from './ask/limits.ts';
import { PATH } from './protocol.ts';

const GOING_AWAY = 1001;
const bounds = { maxHeaderSize: 16 * 1024, headersTimeout: 10_000, requestTimeout: 30_000, keepAliveTimeout: 5_000 };
/**
 * RFC 9325, section 4.2: nothing older than TLS 1.2, and there only suites with forward secrecy and AEAD. TLS 1.3 is
 * used where both sides can.
 */
const protocols = {
  minVersion: 'TLSv1.2',
  honorCipherOrder: true,
  ciphers: [
    'TLS_AES_256_GCM_SHA384',
    'TLS_CHACHA20_POLY1305_SHA256',
    'TLS_AES_128_GCM_SHA256',
    'ECDHE-ECDSA-AES256-GCM-SHA384',
    'ECDHE-RSA-AES256-GCM-SHA384',
    'ECDHE-ECDSA-CHACHA20-POLY1305',
    'ECDHE-RSA-CHACHA20-POLY1305',
    'ECDHE-ECDSA-AES128-GCM-SHA256',
    'ECDHE-RSA-AES128-GCM-SHA256',
  ].join(':'),
} as const;

export interface DoorOptions {
  keys: SessionTokens;
  /** dist/web */
  files: string;
  recording: PageOptions['recording'];
  /** whether one more viewer may connect */
  room(): boolean;
  welcome(ws: WebSocket): void;
}

export class Door {
  readonly #sockets = new WebSocketServer({
    noServer: true,
    maxPayload: LIMITS.message,
    perMessageDeflate: false,
    clientTracking: false,
  });
  /** each viewer's connection, and the session that it belongs to */
  readonly #open = new Map<WebSocket, string>();
  readonly #connections: Connections;
  place!: Origin;

  private constructor(
    private readonly server: Server,
    private readonly options: DoorOptions,
  ) {
    server.maxConnections = LIMITS.unknown + 4 * LIMITS.viewers;
    this.#connections = new Connections(server, { most: LIMITS.unknown, each: LIMITS.unknownOfOne });
    server.on('upgrade', (req, socket, head) => this.#upgrade(req, socket, head));
  }

  /** Port 0 means any free port. Throws ApiError: 409 when the port cannot be used, 400 for an invalid certificate. */
  static async open(at: { port: number; tls?: Tls | undefined }, options: DoorOptions): Promise<Door> {
    const { port, tls } = at;
    if (tls) secured(tls, port);
    // eslint-disable-next-line prefer-const -- the app reads the door, which is made from the server of the app
    let door: Door;
    const app = pageApp({
      keys: options.keys,
      files: options.files,
      recording: options.recording,
      place: () => door.place,
      admitted: (socket) => door.#connections.admit(socket),
    }) as RequestListener;
    const server = tls
      ? createSecureServer({ ...bounds, ...protocols, cert: tls.cert, key: tls.key }, app)
      : createServer(bounds, app);
    door = new Door(server, options);
    // Without TLS the server listens on loopback only; another machine needs a tunnel that root has set up.
    await new Promise<void>((resolve, reject) => {
      server.once('error', (error) =>
        reject(
          conflict(`the playground cannot listen on ${tls?.address ?? '127.0.0.1'} port ${port}: ${error.message}`),
        ),
      );
      server.listen(port, tls?.address ?? '127.0.0.1', resolve);
    });
    const actual = (server.address() as AddressInfo).port;
    door.place = tls ? secured(tls, actual) : loopback(actual);
    return door;
  }

  #upgrade(req: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', () => socket.destroy());
    const refused = refusal(req.headers, this.place, true);
    if (refused) return refuse(socket, '403 Forbidden', refused.message);
    const session = sessionOf(req.headers, this.place.port) ?? '';
    if (!this.options.keys.knows(session)) return refuse(socket, '401 Unauthorized', 'no session');
    if (req.url !== PATH) return refuse(socket, '404 Not Found', 'there is nothing here');
    if (!this.options.room() || [...this.#open.values()].filter((one) => one === session).length >= LIMITS.viewersOfOne)
      return refuse(socket, '503 Service Unavailable', 'too many viewers');
    this.#sockets.handleUpgrade(req, socket, head, (ws) => {
      this.#connections.admit(req.socket);
      this.#open.set(ws, session);
      ws.on('close', () => this.#open.delete(ws));
      this.options.welcome(ws);
    });
  }

  /** Replaces the certificate after a renewal, for new connections. */
  renew(tls: Tls): void {
    this.place = secured(tls, this.place.port);
    (this.server as SecureServer).setSecureContext({ ...protocols, cert: tls.cert, key: tls.key });
  }

  close(): void {
    for (const ws of this.#open.keys()) ws.close(GOING_AWAY, 'the daemon ends');
    this.server.close();
    this.server.closeAllConnections();
  }
}

function refuse(socket: Duplex, status: string, message: string): void {
  socket.end(
    `HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Type: text/plain\r\nContent-Length: ${Buffer.byteLength(message)}\r\n\r\n${message}`,
    () => socket.destroy(),
  );
}
