/** Sends an archive that a worker makes. */
import type { Response } from 'express';
import { TLSSocket } from 'node:tls';
import { drained } from '../../../runtime/kernel/drained.ts';
import type { Parts } from '../../../runtime/kernel/jobs.ts';
import { duplicate } from '../../../runtime/kernel/native-call.ts';
import { HttpConnection } from './connection.ts';

/** A new descriptor of the client's connection. Undefined where the bytes in it are not the answer's: TLS, HTTP/1.0. */
function connectionOf(res: Response): number | undefined {
  const connection: unknown = res.socket;
  if (!res.chunkedEncoding || !(connection instanceof HttpConnection)) return undefined;
  const { socket } = connection;
  const fd = (socket as { _handle?: { fd?: number } })._handle?.fd ?? -1;
  if (socket instanceof TLSSocket || fd < 0) return undefined;
  return duplicate(fd);
}

const written = (res: Response, bytes: Uint8Array): Promise<void> =>
  new Promise((resolve) => {
    const done = () => {
      res.off('close', done);
      resolve();
    };
    res.once('close', done);
    res.write(bytes, done);
  });

/**
 * The first part comes through the daemon, so that an error before it can be answered with a status: `begin` writes the
 * head of the answer. The worker writes all others into the connection by itself, so that an archive of any size costs
 * the daemon's thread nothing. Where it cannot, they come through the daemon too.
 *
 * Throws what the job throws, after which the answer is cut off, and Error when the client has gone.
 */
export async function sendParts(res: Response, parts: Parts<Uint8Array>, begin: () => void): Promise<void> {
  let sent = 0;
  try {
    for await (const part of parts) {
      if (!sent++) {
        begin();
        await written(res, part);
        const fd = res.destroyed || !parts.rest ? undefined : connectionOf(res);
        if (fd !== undefined) parts.rest?.(fd, 'chunks');
      } else if (!res.write(part)) await drained(res);
      if (res.destroyed) break;
    }
  } catch (error) {
    if (!res.destroyed) throw error;
  }
  if (res.destroyed) throw new Error('the client has gone');
}
