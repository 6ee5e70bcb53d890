/** The worker's job that unpacks one layer's blob into a directory for overlayfs. */
import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { uncompressed } from './decompress.ts';
import { LayerWriter, type Whiteouts } from './layer-writer.ts';
import { TarError } from './tar-header.ts';
import { TarReader } from './tar-reader.ts';

export interface UnpackInput {
  /** path of the compressed layer */
  blob: string;
  /** made by the job; the tree goes into dir/diff. The caller removes it when the job fails. */
  dir: string;
  /** the expected sha256 of the tar: OCI image spec, "Layer DiffID" */
  diffID: string;
  /** absent: overlayfs's form */
  whiteouts?: Whiteouts;
  /** shared with the calling thread: [compressed bytes read so far, 1 to request a stop] */
  control?: SharedArrayBuffer;
}
/** Bytes of the files, and of the uncompressed tar. */
export interface UnpackResult {
  size: number;
  tarSize: number;
  entries: number;
}

/** More than any real layer. A decompression bomb ends here, or when the disk is full. */
const MAX_BYTES = 256 * 2 ** 30;

/** Throws TarError for an invalid layer, SyscallError when the kernel refuses a call. */
export async function unpackLayer({ blob, dir, diffID, whiteouts, control }: UnpackInput): Promise<UnpackResult> {
  const shared = new BigInt64Array(control ?? new SharedArrayBuffer(16));
  const hash = createHash('sha256');
  mkdirSync(join(dir, 'diff'), { recursive: true });
  // the mode of the root when the layer has no entry for it; the daemon's umask does not matter
  chmodSync(join(dir, 'diff'), 0o755);
  const writer = new LayerWriter(join(dir, 'diff'), whiteouts);
  const tar = new TarReader(writer);
  let bytes = 0;
  try {
    for await (const chunk of uncompressed(blob, (read) => void Atomics.add(shared, 0, BigInt(read)))) {
      if (Atomics.load(shared, 1)) throw Object.assign(new Error('unpacking was cancelled'), { code: 'ABORT_ERR' });
      bytes += chunk.length;
      if (bytes > MAX_BYTES) throw new TarError(`the layer unpacks to more than ${MAX_BYTES} bytes`);
      hash.update(chunk);
      tar.write(chunk);
    }
    tar.end();
    writer.finish();
  } finally {
    writer.dispose();
  }
  const found = `sha256:${hash.digest('hex')}`;
  if (found !== diffID) throw new TarError(`the layer unpacks to ${found}, but the image's config promises ${diffID}`);
  return { size: writer.size, tarSize: bytes, entries: writer.entries };
}
