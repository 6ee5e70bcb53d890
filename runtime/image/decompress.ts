/** A layer's blob as the tar that is in it, whatever the media type claims: OCI image spec, "application/vnd.oci.image.layer.v1.tar+…". */
import { createReadStream, openSync, readSync, closeSync } from 'node:fs';
import type { Transform } from 'node:stream';
import * as zlib from 'node:zlib';
import { Decompress } from 'fzstd';
import { checkFrames } from './zstd-frames.ts';

const CHUNK = 1 << 20;
const newer = zlib as { createZstdDecompress?: (options: { chunkSize: number }) => Transform };

export type Compression = 'gzip' | 'zstd' | 'none';
const magics: [Compression, RegExp][] = [['gzip', /^1f8b/], ['zstd', /^28b52ffd/], ['zstd', /^5.2a4d18/]];

export function compressionOf(path: string): Compression {
  const head = Buffer.alloc(4);
  const fd = openSync(path, 'r');
  try {
    readSync(fd, head, 0, 4, 0);
  } finally {
    closeSync(fd);
  }
  return magics.find(([, magic]) => magic.test(head.toString('hex')))?.[0] ?? 'none';
}

async function* unzstd(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const ready: Buffer[] = [];
  const decoder = new Decompress((part) => void ready.push(Buffer.from(part.buffer, part.byteOffset, part.byteLength)));
  for await (const chunk of source) {
    decoder.push(chunk);
    yield* ready.splice(0);
  }
  decoder.push(new Uint8Array(0), true);
  yield* ready.splice(0);
}

/** Throws what zlib and fzstd throw for damaged data. `read` is told how many compressed bytes were taken. */
export async function* uncompressed(path: string, read: (bytes: number) => void): AsyncGenerator<Buffer> {
  const file = createReadStream(path, { highWaterMark: CHUNK });
  file.on('data', (chunk) => read(chunk.length));
  file.pause();
  const kind = compressionOf(path);
  const decoder = kind === 'gzip' ? zlib.createGunzip({ chunkSize: CHUNK }) : kind === 'zstd' ? newer.createZstdDecompress?.({ chunkSize: CHUNK }) : undefined;
  try {
    if (decoder) {
      file.on('error', (error) => decoder.destroy(error));
      yield* file.pipe(decoder);
    } else if (kind === 'zstd') {
      checkFrames(path);
      yield* unzstd(file);
    } else {
      yield* file;
    }
  } finally {
    file.destroy();
    decoder?.destroy();
  }
}
