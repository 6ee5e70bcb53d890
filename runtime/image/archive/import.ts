/** Turns a stream into the tar of a layer: whatever its compression was. Runs in a worker. */
import { Socket } from 'node:net';
import { unpacked } from '../layer/decompress-stream.ts';
import { type LayerFile, writeLayerFile } from '../layer/layer-file.ts';
import { TarError } from '../layer/tar-header.ts';

export interface ImportInput {
  /** the worker's end of a stream socket, from which the archive comes; it is closed here */
  body: number;
  /** the file to write, which does not exist yet; after a failure it is removed */
  path: string;
}

/** More than any layer. A decompression bomb ends here, or when the disk is full. */
const MOST_BYTES = 256 * 2 ** 30;

/** Throws TarError, and the decoder's errors for damaged data. */
export async function importLayer({ body: fd, path }: ImportInput): Promise<LayerFile> {
  const body = new Socket({ fd, readable: true, writable: true });
  let bytes = 0;
  try {
    return await writeLayerFile(path, async (emit) => {
      for await (const chunk of unpacked(body)) {
        bytes += chunk.length;
        if (bytes > MOST_BYTES) throw new TarError(`the archive unpacks to more than ${MOST_BYTES} bytes`);
        await emit(chunk);
      }
      // as in dockerd, an empty stream is an image without a file
      if (!bytes) await emit(Buffer.alloc(1024));
    });
  } finally {
    body.destroy();
  }
}
