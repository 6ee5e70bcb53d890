/**
 * Turns a layer's blob into the tar inside it. The blob's first bytes decide about the compression, not the media type:
 * OCI image spec, "application/vnd.oci.image.layer.v1.tar+…".
 */
import { createReadStream, openSync, readSync, closeSync, type ReadStream } from 'node:fs';
import { Readable, pipeline, type Transform } from 'node:stream';
import * as zlib from 'node:zlib';
import { Decompress } from 'fzstd';
import { filtered } from './filter-program.ts';
import { TarError } from './tar-header.ts';
import { checkedFrames, WINDOW_LOG_MAX } from './zstd-frames.ts';

const CHUNK = 1 << 20;
/** Node has its own zstd since 22.15. */
const newer = zlib as {
  createZstdDecompress?: (options: { chunkSize: number; params: Record<number, number> }) => Transform;
  constants: { ZSTD_d_windowLogMax?: number };
};

export type Compression = 'gzip' | 'zstd' | 'xz' | 'bzip2' | 'none';
/**
 * The first bytes of each format. The formats that dockerd reads are read; the others are listed so that the error can
 * name them.
 */
const magics: [Compression | 'lz4' | 'lzip' | 'compress', RegExp][] = [
  ['gzip', /^1f8b/],
  ['zstd', /^28b52ffd/],
  ['zstd', /^5.2a4d18/],
  ['xz', /^fd377a585a00/],
  ['bzip2', /^425a68/],
  ['lz4', /^04224d18/],
  ['lzip', /^4c5a4950/],
  ['compress', /^1f9d/],
];

/** The compression of the file at `path`. Throws TarError for a compression that is not read. */
export function compressionOf(path: string): Compression {
  const head = Buffer.alloc(6);
  const fd = openSync(path, 'r');
  try {
    readSync(fd, head, 0, 6, 0);
  } finally {
    closeSync(fd);
  }
  return compressionIn(head);
}

/** The same of the first six bytes. */
export function compressionIn(head: Buffer): Compression {
  const found = magics.find(([, magic]) => magic.test(head.toString('hex')))?.[0] ?? 'none';
  if (found === 'lz4' || found === 'lzip' || found === 'compress') {
    throw new TarError(`the layer is compressed with ${found}; gzip, zstd, xz and bzip2 are read`);
  }
  return found;
}

async function* byFzstd(pieces: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const ready: Buffer[] = [];
  const decoder = new Decompress((part) => void ready.push(Buffer.from(part.buffer, part.byteOffset, part.byteLength)));
  for await (const piece of pieces) {
    decoder.push(piece);
    yield* ready.splice(0);
  }
  decoder.push(new Uint8Array(0), true);
  yield* ready.splice(0);
}

/** Holds a window of at most 64 MiB and a few MiB of output. Throws TarError, and the decoder's errors. */
export function unzstd(source: AsyncIterable<Buffer>): AsyncIterable<Buffer> {
  // for both decoders, so that the accepted layers do not depend on Node's version
  const pieces = checkedFrames(source);
  const params = { [newer.constants.ZSTD_d_windowLogMax ?? 0]: WINDOW_LOG_MAX };
  const own = newer.createZstdDecompress?.({ chunkSize: CHUNK, params });
  return own ? pipeline(Readable.from(pieces, { objectMode: false }), own, () => undefined) : byFzstd(pieces);
}

/** Decodes the file. An error of the file reaches the reader of the output. */
const through = (file: ReadStream, decoder: Transform): AsyncIterable<Buffer> =>
  pipeline(file, decoder, () => undefined);

const decoders: Record<Compression, (file: ReadStream) => AsyncIterable<Buffer>> = {
  none: (file) => file,
  gzip: (file) => through(file, zlib.createGunzip({ chunkSize: CHUNK })),
  zstd: unzstd,
  xz: (file) => filtered('xz', file),
  bzip2: (file) => filtered('bzip2', file),
};

/**
 * The blob's tar. Throws the decoder's errors for damaged data. `read` gets the number of compressed bytes of each
 * chunk.
 */
export async function* uncompressed(path: string, read: (bytes: number) => void): AsyncGenerator<Buffer> {
  const kind = compressionOf(path);
  const file = createReadStream(path, { highWaterMark: CHUNK });
  file.on('data', (chunk) => read(chunk.length));
  file.pause();
  try {
    yield* decoders[kind](file);
  } finally {
    file.destroy();
  }
}
