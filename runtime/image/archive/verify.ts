/** Checks that a layer's blob unpacks to the tar that is promised, without keeping the tar. Runs in a worker. */
import { createHash } from 'node:crypto';
import { uncompressed } from '../layer/decompress.ts';
import { TarError } from '../layer/tar-header.ts';

export interface VerifyInput {
  blob: string;
  diffID: string;
  /** shared with the calling thread: 1 to request a stop */
  control: SharedArrayBuffer;
}

/** More than any layer. A decompression bomb ends here. */
const MOST_BYTES = 256 * 2 ** 30;

/** Throws TarError for another tar, and the decoder's errors for damaged data. */
export async function verifyLayer({ blob, diffID, control }: VerifyInput): Promise<void> {
  const stop = new Int32Array(control);
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const chunk of uncompressed(blob, () => undefined)) {
    if (Atomics.load(stop, 0)) throw Object.assign(new Error('the check was cancelled'), { code: 'ABORT_ERR' });
    bytes += chunk.length;
    if (bytes > MOST_BYTES) throw new TarError(`the layer unpacks to more than ${MOST_BYTES} bytes`);
    hash.update(chunk);
  }
  const found = `sha256:${hash.digest('hex')}`;
  if (found !== diffID) throw new TarError(`the layer unpacks to ${found}, but the image's config promises ${diffID}`);
}
