/** Writes the parts of an archive into a socket. */
import { Socket } from 'node:net';
import { drained } from './drained.ts';
import type { Parts } from './jobs.ts';
import { duplicate } from './native-call.ts';

type Bytes = Uint8Array;

/**
 * `write` gets the function that takes a part, and one that takes all parts of a job: the first of these comes through
 * this thread, the others go from one worker to the other. The socket is closed when `write` has ended.
 */
export async function passParts(
  fd: number,
  write: (put: (part: Bytes) => Promise<void>, putAll: (parts: Parts<Bytes>) => Promise<void>) => Promise<void>,
): Promise<void> {
  const socket = new Socket({ fd, readable: true, writable: true });
  socket.on('error', () => undefined);
  socket.resume();
  const put = async (part: Bytes): Promise<void> => {
    if (socket.destroyed) throw new Error('the archive was not taken');
    if (!socket.write(part)) await drained(socket);
  };
  const putAll = async (parts: Parts<Bytes>): Promise<void> => {
    let handed = false;
    for await (const part of parts) {
      await put(part);
      if (handed || !parts.rest) continue;
      handed = true;
      if (socket.writableLength) await new Promise<void>((resolve) => socket.write('', () => resolve()));
      if (!socket.destroyed) parts.rest(duplicate(fd), 'raw');
    }
  };
  try {
    await write(put, putAll);
  } finally {
    socket.end();
  }
}
