/** Writes a layer's archive into a file, and computes its digest while it is written. Runs in a worker. */
import { createHash } from 'node:crypto';
import { closeSync, fsyncSync, openSync, rmSync, writeSync } from 'node:fs';
import type { Emit } from './tar-writer.ts';

/** An uncompressed archive: its digest is the layer's diffID, `size` is in bytes. */
export interface LayerFile {
  digest: string;
  size: number;
}

const PIECE = 1 << 20;

/**
 * `make` writes the archive. The file must not exist yet; after a failure it is removed. When this resolves, the disk
 * has the file. Throws what `make` throws, and ENOSPC.
 */
export async function writeLayerFile(path: string, make: (emit: Emit) => Promise<void>): Promise<LayerFile> {
  const fd = openSync(path, 'wx', 0o600);
  const hash = createHash('sha256');
  let size = 0;
  // headers are small, so they are collected before they are written
  let waiting: Buffer[] = [];
  let bytes = 0;
  const flush = () => {
    const piece = waiting.length === 1 ? waiting[0]! : Buffer.concat(waiting);
    waiting = [];
    bytes = 0;
    hash.update(piece);
    for (let done = 0; done < piece.length;) done += writeSync(fd, piece, done);
    size += piece.length;
  };
  try {
    await make((part) => {
      waiting.push(part);
      bytes += part.length;
      if (bytes >= PIECE) flush();
    });
    if (bytes) flush();
    fsyncSync(fd);
  } catch (error) {
    rmSync(path, { force: true });
    throw error;
  } finally {
    closeSync(fd);
  }
  return { digest: `sha256:${hash.digest('hex')}`, size };
}
