/** Compresses a layer's tar with gzip, which every registry and runtime reads, and computes the digest. In a worker. */
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream';
import { createGzip } from 'node:zlib';
import { type LayerFile, writeLayerFile } from './layer-file.ts';

export interface CompressInput {
  /** the uncompressed tar */
  blob: string;
  /** the file to write, which does not exist yet; after a failure it is removed */
  path: string;
}
const CHUNK = 1 << 18;

/** The same tar gives the same bytes with the same zlib, so a second push finds its layers at the registry. */
export function compressLayer({ blob, path }: CompressInput): Promise<LayerFile> {
  const gzip = createGzip({ chunkSize: CHUNK });
  const packed = pipeline(createReadStream(blob, { highWaterMark: CHUNK }), gzip, () => undefined);
  return writeLayerFile(path, async (emit) => {
    for await (const chunk of packed as AsyncIterable<Buffer>) await emit(chunk);
  });
}
