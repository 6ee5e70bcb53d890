/** The HTTP servers of the Engine API: on a unix socket, on TCP, and on TCP with TLS. */
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { Socket } from 'node:net';
import type { SecureContextOptions } from 'node:tls';
import { Connections } from '../../sockets/connections.ts';
import { HttpConnection } from './connection.ts';
import { refuseMalformed } from './failures.ts';
import { serveHijacks } from './hijack.ts';

/** In bytes. The largest header that clients send is a build's registry credentials. */
const MAX_HEADERS = 128 * 1024;

/**
 * Limits of idle connections. Those of a unix socket are equal, because it does not tell which peer a connection has.
 * `each` on TCP is for a machine whose docker clients have their connections open and ask nothing.
 */
const LOCAL = { most: 1024, each: 1024 };
const REMOTE = { most: 1024, each: 256 };

/** The timeouts are for requests that arrive slowly; an answer may take any time. */
const BOUNDS = {
  maxHeaderSize: MAX_HEADERS,
  headersTimeout: 10_000,
  requestTimeout: 300_000,
  connectionsCheckingInterval: 5_000,
  keepAliveTimeout: 60_000,
};

/** Where a server listens. `ca` makes each client show a certificate that one of these has signed. */
export interface Transport {
  tcp: boolean;
  tls?: SecureContextOptions;
}

/** A TLS handshake that takes longer, in milliseconds, is ended. */
const HANDSHAKE_MS = 10_000;

function serverFor(app: RequestListener, { tls }: Transport): Server {
  if (!tls) return createServer(BOUNDS, app);
  return createSecureServer(
    {
      ...BOUNDS,
      ...tls,
      minVersion: 'TLSv1.2',
      // a client that has sent all its input still reads: attach, exec
      allowHalfOpen: true,
      handshakeTimeout: HANDSHAKE_MS,
      ...(tls.ca !== undefined && { requestCert: true, rejectUnauthorized: true }),
    },
    app,
  );
}

/** `http2`: takes over connections of HTTP/2 with prior knowledge. The server does not listen yet. */
export function httpServer(app: RequestListener, transport: Transport, http2?: (socket: Socket) => void): Server {
  const server = serverFor(app, transport);
  // its calls are no requests of this server, so it is counted as busy from its beginning
  const taken = http2 && ((socket: Socket) => (connections.begin(socket), http2(socket)));
  serveHijacks(server, transport.tls ? 'secureConnection' : 'connection', taken);
  refuseMalformed(server);
  const connections = new Connections(server, transport.tcp ? REMOTE : LOCAL);
  server.prependListener('request', ({ socket }, res) => {
    const own = socket instanceof HttpConnection ? socket.socket : socket;
    connections.begin(own);
    // the answer of a hijacked connection never finishes
    res.once('finish', () => connections.end(own));
  });
  return server;
}
