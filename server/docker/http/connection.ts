/**
 * A client's connection: a stream between the socket and Node's HTTP server. It passes on only the bytes that are HTTP.
 *
 *   socket ──▶ MessageBoundary ──▶ HTTP server       up to the end of a request that hijacks the connection
 *          ──▶ the process                           what follows it, after `release` was called
 *
 * So a hijacking request is parsed like any other one, with or without Upgrade and with any body. A connection that
 * HTTP ends is closed in two steps, so that a client that is still sending its body reads the answer instead of
 * failing with EPIPE: first the daemon's FIN, then the rest of the input is discarded until the client's FIN.
 */
import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { MessageBoundary } from './message-boundary.ts';

/** For a client that goes on sending after the daemon's FIN: the time in all, and the time without a byte. */
const LINGER_MS = 60_000;
const LINGER_IDLE_MS = 2_000;

/** The beginning of an HTTP/2 connection, which clients send in one piece: RFC 9113, section 3.4. */
const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n');

type Done = (error?: Error | null) => void;

export class HttpConnection extends Duplex {
  readonly #boundary = new MessageBoundary();
  #taken = false;
  #lingering = false;

  #begun = false;

  /** `http2` gets a connection that speaks HTTP/2 from its first byte on. */
  constructor(
    readonly socket: Socket,
    private readonly http2?: (socket: Socket) => void,
  ) {
    super({ allowHalfOpen: true });
    socket
      .on('data', this.#arrived)
      .on('end', this.#ended)
      .on('timeout', this.#idle)
      .on('error', this.#failed)
      .on('close', this.#closed);
  }

  /** True when the current request hijacks the connection and is complete. */
  get over(): boolean {
    return this.#boundary.over;
  }

  readonly #arrived = (bytes: Buffer): void => {
    if (this.#lingering) return;
    if (!this.#begun && this.http2 && bytes.subarray(0, PREFACE.length).equals(PREFACE)) {
      const socket = this.release().pause();
      socket.unshift(bytes);
      return this.http2(socket);
    }
    this.#begun = true;
    const own = this.#boundary.take(bytes);
    if (this.#boundary.over) this.socket.pause();
    if (own < bytes.length) this.socket.unshift(bytes.subarray(own));
    if (own && !this.push(bytes.subarray(0, own))) this.socket.pause();
  };
  readonly #ended = (): void => {
    // after a hijacking request, a client's FIN does not end the stream, because its process may still answer
    if (!this.#boundary.over) this.push(null);
    if (this.#lingering) this.socket.destroy();
  };
  readonly #idle = (): void => void (this.#lingering ? this.socket.destroy() : this.emit('timeout'));
  readonly #failed = (error: Error): void => void this.destroy(error);
  readonly #closed = (): void => void this.destroy();

  override _read(): void {
    if (!this.#boundary.over) this.socket.resume();
  }

  override _write(bytes: Buffer, encoding: BufferEncoding, done: Done): void {
    this.socket.write(bytes, encoding, done);
  }

  override _writev(chunks: { chunk: Buffer; encoding: BufferEncoding }[], done: Done): void {
    this.socket.cork();
    chunks.forEach(({ chunk, encoding }, i) =>
      this.socket.write(chunk, encoding, i === chunks.length - 1 ? done : undefined),
    );
    this.socket.uncork();
  }

  /** http.Server ends a connection on both sides' FIN. To end twice would make an error object for each request. */
  override end(...args: unknown[]): this {
    return this.writableEnded && !args.length ? this : super.end(...(args as []));
  }

  override _final(done: Done): void {
    this.#lingering = true;
    this.socket.end(() => done());
    this.socket.setTimeout(LINGER_IDLE_MS);
    const limit = setTimeout(() => this.socket.destroy(), LINGER_MS).unref();
    this.socket.once('close', () => clearTimeout(limit));
    if (this.socket.readableEnded) this.socket.destroySoon();
    else this.socket.resume();
  }

  override _destroy(error: Error | null, done: Done): void {
    if (!this.#taken) this.socket.destroy();
    done(error);
  }

  /** http.Server calls this method where a socket has it. */
  setTimeout(ms: number, listener?: () => void): this {
    if (listener) this.once('timeout', listener);
    if (!this.#lingering && !this.#taken) this.socket.setTimeout(ms);
    return this;
  }

  /**
   * Hands the connection to the caller. It holds the bytes that followed the request and starts to flow when the
   * caller's turn of the event loop is over, so attach the listeners before that. A FIN may have come already: see
   * `readableEnded`.
   */
  release(): Socket {
    const { socket } = this;
    this.#taken = true;
    socket
      .off('data', this.#arrived)
      .off('end', this.#ended)
      .off('timeout', this.#idle)
      .off('error', this.#failed)
      .off('close', this.#closed);
    socket.on('error', () => socket.destroy());
    socket.setTimeout(0);
    this.destroy();
    socket.resume();
    return socket;
  }
}

/** Puts an HttpConnection before every connection of a server. Call this before the server listens. */
export function serveConnections(
  server: Server,
  event: 'connection' | 'secureConnection',
  http2?: (socket: Socket) => void,
): void {
  const serve = server.listeners(event) as ((connection: Duplex) => void)[];
  server.removeAllListeners(event);
  server.on(event, (socket: Socket) => {
    const connection = new HttpConnection(socket, http2);
    for (const one of serve) one.call(server, connection);
  });
}
