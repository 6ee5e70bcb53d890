/**
 * Follows the frames of a zstd stream on its way to the decoder: RFC 8878, "Zstandard Frames".
 *
 *   frame  magic, header (window size …), blocks (3 bytes: last, type, size), checksum
 *
 * A frame states how much memory its decoder needs. fzstd accepts up to 2 GiB and moves all of it for each block. It
 * also decodes at once all blocks that it is given, and four bytes can become a block of any size: so it gets few
 * blocks at a time.
 */
import { TarError } from './tar-header.ts';

const MAGIC = 0xfd2fb528;
/**
 * Eight times the window that RFC 8878 asks decoders to support. With 128 MiB, fzstd 0.1.1 was seen to decode wrongly
 * (the diffID did not match).
 */
const MAX_WINDOW = 64 * 2 ** 20;
/** The window as a power of two, for Node's own decoder. */
export const WINDOW_LOG_MAX = 26;
const MAX_BLOCKS = 2_000_000;
/** RFC 8878, "Block_Size". */
const MAX_BLOCK = 128 * 1024;
/** The blocks in a piece: at most 2 MiB come out of it. */
const AT_ONCE = 16;
const RLE = 1;

/** The header's length with the magic. */
function headerLength(descriptor: number): number {
  const single = (descriptor >> 5) & 1;
  return 5 + (1 - single) + [0, 1, 2, 4][descriptor & 3]! + [single, 2, 4, 8][descriptor >> 6]!;
}

/** The window, and whether a checksum ends the frame. */
function frameHeader(head: Buffer): { window: number; checksum: boolean } {
  const flags = head[4]!;
  const single = (flags >> 5) & 1;
  const sizeBytes = [single, 2, 4, 8][flags >> 6]!;
  const at = headerLength(flags) - sizeBytes;
  const content = sizeBytes ? Number(sizeBytes === 8 ? head.readBigUInt64LE(at) : head.readUIntLE(at, sizeBytes)) : 0;
  const exponent = 2 ** (10 + (head[5]! >> 3));
  const window = single ? content : exponent + (exponent / 8) * (head[5]! & 7);
  return { window, checksum: Boolean(flags & 4) };
}

class Frames {
  /** the header that is being read, and how many bytes of it are wanted before it can be looked at */
  readonly #head = Buffer.alloc(18);
  #filled = 0;
  #wanted = 4;
  #inFrame = false;
  #checksum = false;
  /** the bytes of a block or of a skippable frame that are still to come */
  #left = 0;
  #blocks = 0;

  /** Cuts the chunk behind every few blocks, and behind each frame, because each has a window. Throws TarError. */
  *pieces(chunk: Buffer): Generator<Buffer> {
    let [start, ended] = [0, 0];
    for (let at = 0; at < chunk.length;) {
      if (!this.#left) {
        this.#head[this.#filled++] = chunk[at++]!;
        if (this.#filled < this.#wanted || !this.#read()) continue;
      }
      const step = Math.min(this.#left, chunk.length - at);
      at += step;
      this.#left -= step;
      if (this.#left || (++ended < AT_ONCE && this.#inFrame)) continue;
      yield chunk.subarray(start, at);
      [start, ended] = [at, 0];
    }
    if (start < chunk.length) yield chunk.subarray(start);
  }

  end(): void {
    if (this.#inFrame || this.#left || this.#filled)
      throw new TarError('the layer is damaged: its zstd data ends too early');
  }

  /** Reads the header as far as it is there. Returns true at the beginning of what a header is followed by. */
  #read(): boolean {
    if (this.#inFrame) return this.#block(this.#head.readUIntLE(0, 3));
    const magic = this.#head.readUInt32LE(0);
    const skippable = (magic & 0xfffffff0) >>> 0 === 0x184d2a50;
    if (!skippable && magic !== MAGIC)
      throw new TarError('the layer is damaged: no zstd frame begins where one should');
    if (this.#filled === 4) {
      this.#wanted = skippable ? 8 : 5;
      return false;
    }
    if (skippable) return this.#content(this.#head.readUInt32LE(4));
    if (this.#filled === 5) {
      this.#wanted = headerLength(this.#head[4]!);
      return false;
    }
    const { window, checksum } = frameHeader(this.#head);
    if (window > MAX_WINDOW)
      throw new TarError(`the layer is compressed with a window of ${window} bytes; at most ${MAX_WINDOW} are taken`);
    this.#checksum = checksum;
    this.#inFrame = true;
    this.#expect(3);
    return false;
  }

  #block(header: number): boolean {
    if (++this.#blocks > MAX_BLOCKS) throw new TarError(`the layer has more than ${MAX_BLOCKS} zstd blocks`);
    const size = header >> 3;
    if (size > MAX_BLOCK)
      throw new TarError(`the layer is damaged: a zstd block of ${size} bytes; at most ${MAX_BLOCK} are allowed`);
    const last = Boolean(header & 1);
    if (last) this.#inFrame = false;
    return this.#content((((header >> 1) & 3) === RLE ? 1 : size) + (last && this.#checksum ? 4 : 0));
  }

  #content(bytes: number): boolean {
    this.#left = bytes;
    this.#expect(this.#inFrame ? 3 : 4);
    return true;
  }

  #expect(bytes: number): void {
    [this.#filled, this.#wanted] = [0, bytes];
  }
}

/**
 * The same bytes in pieces of few blocks. Throws TarError for a window of more than 64 MiB, a block of more than 128
 * KiB, and data that is not zstd or ends too early.
 */
export async function* checkedFrames(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const frames = new Frames();
  for await (const chunk of source) yield* frames.pieces(chunk);
  frames.end();
}
