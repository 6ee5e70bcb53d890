/**
 * Checks the frames of a zstd file without decoding it: RFC 8878, "Zstandard Frames".
 *
 *   frame  magic, header (window size …), blocks (3 bytes: last, type, size), checksum
 *
 * A frame states how much memory its decoder needs. fzstd accepts up to 2 GiB and moves all of it for each block.
 */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { TarError } from './tar-header.ts';

const MAGIC = 0xfd2fb528;
/**
 * Eight times the window that RFC 8878 asks decoders to support. With 128 MiB, fzstd 0.1.1 was seen to decode wrongly
 * (the diffID did not match).
 */
const MAX_WINDOW = 64 * 2 ** 20;
const MAX_BLOCKS = 2_000_000;
const RLE = 1;

/** The header's length after the magic, the window, and whether a checksum ends the frame. */
function frameHeader(head: Buffer): { length: number; window: number; checksum: boolean } {
  const flags = head[4]!;
  const single = (flags >> 5) & 1;
  const dictionary = [0, 1, 2, 4][flags & 3]!;
  const sizeBytes = [single, 2, 4, 8][flags >> 6]!;
  const at = 5 + (1 - single) + dictionary;
  const content = sizeBytes ? Number(sizeBytes === 8 ? head.readBigUInt64LE(at) : head.readUIntLE(at, sizeBytes)) : 0;
  const exponent = 2 ** (10 + (head[5]! >> 3));
  const window = single ? content : exponent + (exponent / 8) * (head[5]! & 7);
  return { length: at - 4 + sizeBytes, window, checksum: Boolean(flags & 4) };
}

/** Throws TarError for a window of more than 64 MiB, and for data that is not zstd. */
export function checkFrames(path: string): void {
  const fd = openSync(path, 'r');
  const head = Buffer.alloc(18);
  const { size } = fstatSync(fd);
  let blocks = 0;
  try {
    for (let at = 0; at < size;) {
      readSync(fd, head.fill(0), 0, 18, at);
      const magic = head.readUInt32LE(0);
      if ((magic & 0xfffffff0) >>> 0 === 0x184d2a50) {
        at += 8 + head.readUInt32LE(4);
        continue;
      }
      if (magic !== MAGIC) throw new TarError('the layer is damaged: no zstd frame begins where one should');
      const { length, window, checksum } = frameHeader(head);
      if (window > MAX_WINDOW)
        throw new TarError(`the layer is compressed with a window of ${window} bytes; at most ${MAX_WINDOW} are taken`);
      at += 4 + length;
      for (let last = false; !last;) {
        if (++blocks > MAX_BLOCKS) throw new TarError(`the layer has more than ${MAX_BLOCKS} zstd blocks`);
        if (readSync(fd, head, 0, 3, at) < 3) throw new TarError('the layer is damaged: its zstd data ends too early');
        const block = head.readUIntLE(0, 3);
        last = Boolean(block & 1);
        at += 3 + (((block >> 1) & 3) === RLE ? 1 : block >> 3);
      }
      if (checksum) at += 4;
    }
  } finally {
    closeSync(fd);
  }
}
