/**
 * A client's connection as Node's HTTP server sees it: a stream before the socket. It passes on what is HTTP, and no
 * more.
 *
 *   socket ──▶ MessageBoundary ──▶ HTTP server       up to the end of a request that takes over the connection
 *          ──▶ the process                           what follows it, once `release` has been called
 *
 * So a request that takes over its connection is read like every other one, whatever Node's parser thinks of Upgrade,
 * and with whatever body. And a connection that HTTP ends is closed in two steps, so that a client which is still
 * sending its body reads the answer and not EPIPE: our FIN first, then what it sends is read away until it ends too.
 */
import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { MessageBoundary } from './message-boundary.ts';

/** For a client that goes on sending after our FIN: how long in all, and how long without a byte. */
const LINGER_MS = 60_000;
const LINGER_IDLE_MS = 2_000;

type Done = (error?: Error | null) => void;

export class HttpConnection extends Duplex {
  readonly #boundary = new MessageBoundary();
  #taken = false;
  #lingering = false;

  constructor(readonly socket: Socket) {
    super({ allowHalfOpen: true });
    socket
      .on('data', this.#arrived)
      .on('end', this.#ended)
      .on('timeout', this.#idle)
      .on('error', this.#failed)
      .on('close', this.#closed);
  }

  /** The request at hand is one that takes over the connection, and it is complete. */
  get over(): boolean {
    return this.#boundary.over;
  }

  readonly #arrived = (bytes: Buffer): void => {
    if (this.#lingering) return;
    const own = this.#boundary.take(bytes);
    if (this.#boundary.over) this.socket.pause();
    if (own < bytes.length) this.socket.unshift(bytes.subarray(own));
    if (own && !this.push(bytes.subarray(0, own))) this.socket.pause();
  };
  readonly #ended = (): void => {
    // a client that has said all: its process may still answer
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

  /** http.Server calls it where the stream has it. */
  setTimeout(ms: number, listener?: () => void): this {
    if (listener) this.once('timeout', listener);
    if (!this.#lingering && !this.#taken) this.socket.setTimeout(ms);
    return this;
  }

  /**
   * The connection, from now on the caller's. What came behind the request is in it, and flows as soon as the caller's
   * turn is over: attach the listeners before. A FIN may have come already: `readableEnded`.
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

/** Puts an HttpConnection before every connection of a server that does not listen yet. */
export function serveConnections(server: Server): void {
  const serve = server.listeners('connection') as ((connection: Duplex) => void)[];
  server.removeAllListeners('connection');
  server.on('connection', (socket: Socket) => {
    const connection = new HttpConnection(socket);
    for (const one of serve) one.call(server, connection);
  });
}
