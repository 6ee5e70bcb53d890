/** Writes a layer's tar into a file, uncompressed, and checks its digest. Runs in a worker. */
import { createHash } from 'node:crypto';
import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
import { uncompressed } from '../layer/decompress.ts';
import type { LayerFile } from '../layer/layer-file.ts';

export interface ExpandInput {
  /** the layer as the store has it */
  blob: string;
  /** the file to write, which does not exist yet; after a failure it is removed */
  path: string;
  diffID: string;
}

/** Throws Error when the blob is damaged, and ENOSPC. */
export async function expandLayer({ blob, path, diffID }: ExpandInput): Promise<LayerFile> {
  const fd = openSync(path, 'wx', 0o600);
  const hash = createHash('sha256');
  let size = 0;
  try {
    for await (const chunk of uncompressed(blob, () => undefined)) {
      hash.update(chunk);
      size += chunk.length;
      for (let done = 0; done < chunk.length;) done += writeSync(fd, chunk, done);
    }
    const digest = `sha256:${hash.digest('hex')}`;
    if (digest !== diffID) throw new Error(`the stored layer ${diffID} is damaged: it unpacks to ${digest}`);
    return { digest, size };
  } catch (error) {
    rmSync(path, { force: true });
    throw error;
  } finally {
    closeSync(fd);
  }
}
