/** Reads a layer's archive once more, and computes both of its digests. Runs in a worker. */
import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { uncompressed } from '../layer/decompress.ts';

export interface CheckInput {
  blob: string;
  /** shared with the calling thread: 1 to request a stop */
  control: SharedArrayBuffer;
}
/** What the bytes on the disk are. Without diffID the archive cannot be unpacked: `why`. */
export interface CheckResult {
  digest: string;
  size: number;
  diffID?: string;
  why?: string;
}

/** More than any layer. A decompression bomb ends here. */
const MOST_BYTES = 256 * 2 ** 30;

async function hashOf(parts: AsyncIterable<Uint8Array>, stop: Int32Array, most = Infinity): Promise<[string, number]> {
  const hash: Hash = createHash('sha256');
  let size = 0;
  for await (const part of parts) {
    if (Atomics.load(stop, 0)) throw Object.assign(new Error('the check was cancelled'), { code: 'ABORT_ERR' });
    size += part.length;
    if (size > most) throw new Error(`it unpacks to more than ${most} bytes`);
    hash.update(part);
  }
  return [`sha256:${hash.digest('hex')}`, size];
}

/** Throws what reading throws; what is wrong with the content is part of the result. */
export async function checkLayer({ blob, control }: CheckInput): Promise<CheckResult> {
  const stop = new Int32Array(control);
  const [digest, size] = await hashOf(createReadStream(blob, { highWaterMark: 1 << 20 }), stop);
  try {
    const [diffID] = await hashOf(
      uncompressed(blob, () => undefined),
      stop,
      MOST_BYTES,
    );
    return { digest, size, diffID };
  } catch (error) {
    if ((error as { code?: string }).code === 'ABORT_ERR') throw error;
    return { digest, size, why: (error as Error).message };
  }
}
