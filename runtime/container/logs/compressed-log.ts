/**
 * A compressed file of a log: two members of gzip(1), so that zcat shows the records. The first is empty, and its extra
 * field says which file was compressed (RFC 1952, 2.3.1.1). All numbers are little-endian:
 *
 *   10 bytes head · u16 length of the extra field · 'D' 'D' u16 32 · u64 inode · u64 size · the first 16 bytes
 *   03 00 (no data) · u32 0 · u32 0 · the second member, with the records
 *
 * The first bytes are compared because an inode number is used again when its file is removed; they hold a time in
 * nanoseconds. Reading keeps one block, and begins again when an earlier one is wanted.
 */
import { read, readSync } from 'node:fs';
import { promisify } from 'node:util';
import { createGunzip, type Gunzip } from 'node:zlib';
import { BLOCK } from './log-record.ts';

const readAt = promisify(read);

const MEMBER = Buffer.from([0x1f, 0x8b, 8, 4, 0, 0, 0, 0, 0, 3]);
const EXTRA = 32;
const FIELD = Buffer.from([EXTRA + 4, 0, 0x44, 0x44, EXTRA, 0]);
const BEGINNING = 16;
const EMPTY = Buffer.from([3, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
const MARK = Buffer.concat([MEMBER, FIELD]);
/** In bytes: where the second member begins. */
export const MARK_SIZE = MARK.length + EXTRA + EMPTY.length;

/** What the first member says about the file that was compressed. */
export interface Compressed {
  inode: bigint;
  size: bigint;
  /** its first 16 bytes */
  beginning: Buffer;
}

/** A record has a head of 16 bytes, so a shorter file has no record. */
export function beginningOf(fd: number): Buffer | undefined {
  const bytes = Buffer.alloc(BEGINNING);
  return readSync(fd, bytes, 0, BEGINNING, 0) === BEGINNING ? bytes : undefined;
}

export function markOf({ inode, size, beginning }: Compressed): Buffer {
  const numbers = Buffer.alloc(16);
  numbers.writeBigUInt64LE(inode, 0);
  numbers.writeBigUInt64LE(size, 8);
  return Buffer.concat([MARK, numbers, beginning, EMPTY]);
}

/** Undefined for a file of plain records, whose first byte is 1 or 2. */
export function readMark(fd: number): Compressed | undefined {
  const bytes = Buffer.alloc(MARK_SIZE);
  if (readSync(fd, bytes, 0, MARK_SIZE, 0) < MARK_SIZE) return undefined;
  if (!bytes.subarray(0, MARK.length).equals(MARK)) return undefined;
  const at = MARK.length;
  const size = bytes.readBigUInt64LE(at + 8);
  if (size > BigInt(Number.MAX_SAFE_INTEGER)) return undefined;
  return { inode: bytes.readBigUInt64LE(at), size, beginning: bytes.subarray(at + 16, at + EXTRA) };
}

export class CompressedLog {
  #gunzip: Gunzip | undefined;
  #parts: AsyncIterator<Buffer> | undefined;
  /** the last read of the file, which must be over before close(2) */
  #reading: Promise<unknown> = Promise.resolve();
  #block = Buffer.alloc(0);
  /** where #block begins, in bytes of plain records */
  #start = 0;

  private constructor(
    private readonly fd: number,
    private readonly of: Compressed,
  ) {}

  static in(fd: number): CompressedLog | undefined {
    const mark = readMark(fd);
    return mark && new CompressedLog(fd, mark);
  }

  get size(): number {
    return Number(this.of.size);
  }

  /** True when it was made from this file of plain records. */
  isOf(inode: bigint, fd: number): boolean {
    return this.of.inode === inode && beginningOf(fd)?.equals(this.of.beginning) === true;
  }

  /** Fewer bytes than `length` at the end, and where the file is damaged. */
  async bytes(from: number, length: number): Promise<Buffer> {
    if (!this.#parts || from < this.#start) this.#begin();
    while (this.#start + this.#block.length < from + length) {
      const part = await this.#next();
      if (!part) break;
      const unused = Math.min(this.#block.length, Math.max(0, from - this.#start));
      this.#block = Buffer.concat([this.#block.subarray(unused), part]);
      this.#start += unused;
    }
    const at = from - this.#start;
    return this.#block.subarray(at, at + length);
  }

  async #next(): Promise<Buffer | undefined> {
    try {
      const { value, done } = await this.#parts!.next();
      return done ? undefined : (value as Buffer);
    } catch {
      return undefined; // damaged: the records before this place are shown, as for a plain file
    }
  }

  #begin(): void {
    this.#gunzip?.destroy();
    // #next gets the error too; without a listener it would end the daemon
    const gunzip = (this.#gunzip = createGunzip({ chunkSize: BLOCK }).on('error', () => undefined));
    this.#parts = gunzip[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
    this.#block = Buffer.alloc(0);
    this.#start = 0;
    this.#reading = this.#feed(gunzip).catch((error: Error) => void gunzip.destroy(error));
  }

  async #feed(gunzip: Gunzip): Promise<void> {
    for (let at = 0; !gunzip.destroyed;) {
      const { bytesRead, buffer } = await readAt(this.fd, Buffer.allocUnsafe(BLOCK), 0, BLOCK, at);
      if (gunzip.destroyed) return;
      if (!bytesRead) return void gunzip.end();
      at += bytesRead;
      if (gunzip.write(buffer.subarray(0, bytesRead))) continue;
      await new Promise<void>((resolve) => void gunzip.once('drain', resolve).once('close', resolve));
    }
  }

  /** Resolves when the descriptor is not read any more. */
  async end(): Promise<void> {
    this.#gunzip?.destroy();
    await this.#reading;
  }
}
