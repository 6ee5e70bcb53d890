/** Reads a whole file, although one call returns at most OUT_MAX bytes. */
import type { Calls } from '../syscalls/calls.ts';
import { AT_FDCWD, O } from '../syscalls/constants.ts';

/** The most that one call returns: OUT_MAX in native/wire.h. */
const ROOM = 128 * 1024;

/**
 * Mostly one round trip. Throws with the code EFBIG when the file is larger than `limit`, because then only a part of
 * it would be known.
 */
export async function readWhole(caller: Calls, path: string, limit: number): Promise<Buffer> {
  const beginning = await caller.read_file(path, ROOM);
  if (beginning.length < ROOM) return beginning;
  const fd = await caller.openat(AT_FDCWD, path, O.O_NONBLOCK | O.O_CLOEXEC, 0);
  try {
    const pieces: Buffer[] = [];
    for (let size = 0; ;) {
      const piece = await caller.read(fd, ROOM);
      if (!piece.length) return Buffer.concat(pieces);
      size += piece.length;
      if (size > limit) throw Object.assign(new Error(`${path} is larger than ${limit} bytes`), { code: 'EFBIG' });
      pieces.push(piece);
    }
  } finally {
    await caller.close(fd);
  }
}
