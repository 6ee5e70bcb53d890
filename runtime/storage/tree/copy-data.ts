/**
 * Copies a file's data: as a second reference to the same blocks where the file system can (ioctl_ficlone(2)),
 * otherwise segment by segment (lseek(2), SEEK_DATA), so that holes are kept.
 */
import { readSync, writeSync } from 'node:fs';
import { errnoNumber } from '../../kernel/errors.ts';
import { call, tryCall } from '../../kernel/native-call.ts';

/** _IOW(0x94, 9, int): linux/fs.h */
const FICLONE = 0x40049409;
const SEEK_SET = 0;
const SEEK_DATA = 3;
const SEEK_HOLE = 4;
const ENXIO = -errnoNumber('ENXIO');
/** How many bytes one call copies, so that other jobs of the thread do not wait longer. */
const PIECE = 64 << 20;
const BUFFER = 256 * 1024;

/** The segments with data in a file of `size` bytes. It is one segment when the file system does not report holes. */
export function* segmentsOf(fd: number, size: number): Generator<[offset: number, length: number]> {
  for (let at = 0; at < size;) {
    const start = tryCall('lseek', fd, at, SEEK_DATA);
    if (start === ENXIO) return; // the rest is a hole
    if (start < 0) return yield [at, size - at];
    const end = tryCall('lseek', fd, start, SEEK_HOLE);
    const length = Math.min(end < 0 ? size : end, size) - start;
    if (length <= 0) return;
    yield [start, length];
    at = start + length;
  }
}

/** Copies between two files. After copy_file_range(2) has failed for them, it is not tried again. */
class Copy {
  #byHand = false;
  #buffer: Buffer | undefined;

  constructor(
    private readonly from: number,
    private readonly to: number,
  ) {}

  segment(offset: number, length: number): void {
    call('lseek', this.from, offset, SEEK_SET);
    call('lseek', this.to, offset, SEEK_SET);
    for (let left = length; left > 0;) {
      const done = this.#piece(left);
      if (!done) return; // the file has become shorter
      left -= done;
    }
  }

  #piece(left: number): number {
    if (!this.#byHand) {
      const done = tryCall('copy_file_range', this.from, this.to, Math.min(left, PIECE), 0);
      if (done > 0) return done;
      // different file systems, or an unsupported kind of file: copy_file_range(2), "ERRORS"
      this.#byHand = true;
    }
    this.#buffer ??= Buffer.allocUnsafe(BUFFER);
    const read = readSync(this.from, this.#buffer, 0, Math.min(left, BUFFER), null);
    for (let at = 0; at < read;) at += writeSync(this.to, this.#buffer, at, read - at);
    return read;
  }
}

/** `to` must be empty and open for writing. */
export function copyData(from: number, to: number, size: number): void {
  if (!size || tryCall('ioctl', to, FICLONE, from) === 0) return;
  const copy = new Copy(from, to);
  for (const [offset, length] of segmentsOf(from, size)) copy.segment(offset, length);
  call('ftruncate', to, size);
}
