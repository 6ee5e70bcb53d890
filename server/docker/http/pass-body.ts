/** Passes a request's body on to a socket that a worker reads. */
import type { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { hasCode } from '../../../runtime/kernel/errors.ts';

/**
 * Resolves when all of the body was passed on, and also when the receiver wants no more of it: then the rest is read
 * and dropped, so that the client can send it and get its answer. Rejects when the client has gone.
 */
export function passBody(req: IncomingMessage, fd: number, signal: AbortSignal): Promise<void> {
  const socket = new Socket({ fd, readable: true, writable: true });
  return new Promise((resolve, reject) => {
    const drop = () => {
      req.unpipe(socket);
      socket.destroy();
      req.resume();
      settle();
    };
    const cut = () => {
      socket.destroy();
      settle(new Error('the client has gone before the end of its request'));
    };
    const settle = (error?: Error) => {
      signal.removeEventListener('abort', drop);
      req.off('close', closed);
      if (error) reject(error);
      else resolve();
    };
    const closed = () => void (req.complete || cut());
    signal.addEventListener('abort', drop, { once: true });
    req.once('close', closed);
    // the receiver sends nothing: its end means that it wants no more
    socket.resume().once('end', drop).on('error', drop).once('finish', drop);
    if (signal.aborted) return drop();
    if (req.destroyed) return closed();
    req.pipe(socket);
  });
}

/** The same for a stream that the daemon fetches. The socket is closed also when there is no stream. */
export async function passStream(source: Promise<Readable>, fd: number, signal: AbortSignal): Promise<void> {
  const socket = new Socket({ fd, readable: true, writable: true });
  try {
    await pipeline(await source, socket, { signal });
  } catch (error) {
    // the receiver wants no more; it says why
    if (!hasCode(error, 'EPIPE', 'ECONNRESET') || !socket.errored) throw error;
  } finally {
    socket.destroy();
  }
}
