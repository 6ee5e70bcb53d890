/** Writes the parts of an archive into a socket. */
import { Socket } from 'node:net';
import { drained } from '../../kernel/drained.ts';

/** `write` gets the function that takes a part, and the socket is closed when it has ended. */
export async function passParts(
  fd: number,
  write: (put: (part: Uint8Array) => Promise<void>) => Promise<void>,
): Promise<void> {
  const socket = new Socket({ fd, readable: true, writable: true });
  socket.on('error', () => undefined);
  socket.resume();
  try {
    await write(async (part) => {
      if (socket.destroyed) throw new Error('the archive was not taken');
      if (!socket.write(part)) await drained(socket);
    });
  } finally {
    socket.end();
  }
}
