/**
 * One 512-byte header of a tar archive: tar(5), POSIX pax "ustar Interchange Format".
 *
 * A name is kept as one character per byte ('latin1'), because the kernel's names are bytes and not always valid UTF-8.
 */

/** Seconds since 1970 and nanoseconds, for utimensat(2). */
export interface Time {
  sec: number;
  nsec: number;
}
export interface Header {
  name: string;
  linkname: string;
  mode: number;
  uid: number;
  gid: number;
  /** number of bytes that follow in the archive */
  size: number;
  mtime: Time;
  /**
   * '0' file, '1' link, '2' symlink, '3' char, '4' block, '5' directory, '6' fifo, and the types that describe the next
   * header
   */
  type: string;
  devmajor: number;
  devminor: number;
}
export class TarError extends Error {
  override readonly name = 'TarError';
}

export const BLOCK = 512;

export function text(block: Buffer, from: number, length: number): string {
  const end = block.indexOf(0, from);
  return block.toString('latin1', from, end < 0 || end > from + length ? from + length : end);
}

/**
 * Octal digits, or GNU's base-256 when the first bit is set. Throws TarError for a value that is not a safe integer.
 */
export function numeric(block: Buffer, from: number, length: number, what: string): number {
  let value = 0;
  if (block[from]! & 0x80) {
    const negative = block[from] === 0xff;
    value = negative ? -1 : block[from]! & 0x7f;
    for (let j = from + 1; j < from + length; j++) value = value * 256 + block[j]!;
  } else {
    const digits = text(block, from, length).trim();
    if (!/^[0-7]*$/.test(digits))
      throw new TarError(`damaged tar header: ${what} is ${JSON.stringify(digits)}, not an octal number`);
    value = digits ? parseInt(digits, 8) : 0;
  }
  if (!Number.isSafeInteger(value)) throw new TarError(`damaged tar header: ${what} is out of range`);
  return value;
}

/** The sum of all bytes, where the checksum field itself counts as spaces. */
function checksum(block: Buffer): number {
  let sum = 8 * 32;
  for (let j = 0; j < 148; j++) sum += block[j]!;
  for (let j = 156; j < BLOCK; j++) sum += block[j]!;
  return sum;
}

/** The header; undefined for a block of zeros, which ends the archive. */
export function readHeader(block: Buffer): Header | undefined {
  const sum = checksum(block);
  if (sum === 8 * 32) return undefined;
  if (sum !== numeric(block, 148, 8, 'checksum')) throw new TarError('damaged tar header: the checksum does not match');
  const name = text(block, 0, 100);
  // "ustar\0" is POSIX and has a prefix; "ustar " is GNU, which has other fields there
  const prefix = block.toString('latin1', 257, 263) === 'ustar\0' ? text(block, 345, 155) : '';
  const type = block[156] === 0 ? '0' : String.fromCharCode(block[156]!);
  const size = numeric(block, 124, 12, 'size');
  if (size < 0) throw new TarError(`damaged tar header: size is ${size}`);
  return {
    name: prefix ? `${prefix}/${name}` : name,
    linkname: text(block, 157, 100),
    mode: numeric(block, 100, 8, 'mode') & 0o7777,
    uid: numeric(block, 108, 8, 'uid'),
    gid: numeric(block, 116, 8, 'gid'),
    size,
    mtime: { sec: numeric(block, 136, 12, 'mtime'), nsec: 0 },
    // the original tar marked a directory by a trailing slash
    type: type === '0' && name.endsWith('/') ? '5' : type,
    devmajor: '34'.includes(type) ? numeric(block, 329, 8, 'devmajor') : 0,
    devminor: '34'.includes(type) ? numeric(block, 337, 8, 'devminor') : 0,
  };
}
