/** Writes a layer's archive into a file, and computes its digest while it is written. Runs in a worker. */
import { createHash } from 'node:crypto';
import { closeSync, fsyncSync, openSync, rmSync, writeSync } from 'node:fs';
import type { Emit } from './tar-writer.ts';

/** An uncompressed archive: its digest is the layer's diffID, `size` is in bytes. */
export interface LayerFile {
  digest: string;
  size: number;
}

/**
 * `make` writes the archive. The file must not exist yet; after a failure it is removed. When this resolves, the disk
 * has the file. Throws what `make` throws, and ENOSPC.
 */
export async function writeLayerFile(path: string, make: (emit: Emit) => Promise<void>): Promise<LayerFile> {
  const fd = openSync(path, 'wx', 0o600);
  const hash = createHash('sha256');
  let size = 0;
  try {
    await make((part) => {
      hash.update(part);
      for (let done = 0; done < part.length;) done += writeSync(fd, part, done);
      size += part.length;
    });
    fsyncSync(fd);
  } catch (error) {
    rmSync(path, { force: true });
    throw error;
  } finally {
    closeSync(fd);
  }
  return { digest: `sha256:${hash.digest('hex')}`, size };
}
