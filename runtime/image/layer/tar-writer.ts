/**
 * Writes a tar archive with POSIX pax headers: tar(5); GNU tar manual, "Storing Sparse Files" (format 1.0).
 *
 *   [pax header 'x', its records] header, body, zeros up to a block … two blocks of zeros
 *
 * The tar-stream package writes archives of a few known files here, but it cannot write a container's. It joins pax
 * records as text, which damages binary values (security.capability, a name that is not UTF-8). It replaces a uid above
 * 2097151 by the highest octal value. It knows no fractions of a second and no holes.
 */
import { BLOCK, type Time } from './tar-header.ts';
import type { Sparse } from './tar-sparse.ts';

/** Names are bytes, without a leading '/'. */
export interface TarEntry {
  /** as in tar-header.ts: '0' file, '1' link, '2' symlink, '3' char, '4' block, '5' directory, '6' fifo */
  type: string;
  name: Buffer;
  linkname?: Buffer;
  mode: number;
  uid: number;
  gid: number;
  /** bytes of the file; for one with holes only the bytes of its segments are written */
  size: number;
  mtime: Time;
  device?: { major: number; minor: number };
  xattrs?: readonly (readonly [name: string, value: Buffer])[];
  sparse?: Sparse;
}

const SLASH = 0x2f;
const NAME = 100;
const PREFIX = 155;
const slash = Buffer.from('/');
const none = Buffer.alloc(0);
const zeros = Buffer.alloc(2 * BLOCK);

/** A record begins with its own length, including the digits of the length: '30 mtime=1700000000.123456789\n'. */
function record(key: string, value: Buffer | string): Buffer {
  const rest = Buffer.concat([Buffer.from(` ${key}=`), Buffer.from(value), Buffer.from('\n')]);
  let length = rest.length + 1;
  while (String(length).length + rest.length !== length) length = String(length).length + rest.length;
  return Buffer.concat([Buffer.from(String(length)), rest]);
}

/** In utimensat(2) nanoseconds always count forward from the second; a decimal fraction counts away from zero. */
function decimal({ sec, nsec }: Time): string {
  const [whole, part] = sec < 0 && nsec ? [-sec - 1, 1e9 - nsec] : [Math.abs(sec), nsec];
  const fraction = part ? `.${String(part).padStart(9, '0').replace(/0+$/, '')}` : '';
  return `${sec < 0 ? '-' : ''}${whole}${fraction}`;
}

const padding = (size: number): number => (BLOCK - (size % BLOCK)) % BLOCK;
const fits = (value: number, digits: number): boolean => value >= 0 && value < 8 ** digits;

/** Splits a name of up to 256 bytes into the two fields of ustar. Undefined when it cannot be split. */
function split(name: Buffer): [name: Buffer, prefix: Buffer] | undefined {
  if (name.length <= NAME) return [name, none];
  // it cannot be split at the trailing '/' of a directory
  const at = name.subarray(0, Math.min(PREFIX + 1, name.length - 1)).lastIndexOf(SLASH);
  if (at <= 0 || name.length - at - 1 > NAME) return undefined;
  return [name.subarray(at + 1), name.subarray(0, at)];
}

interface Fields {
  type: string;
  name: Buffer;
  prefix?: Buffer;
  linkname?: Buffer;
  mode: number;
  uid: number;
  gid: number;
  size: number;
  mtime: number;
  device?: { major: number; minor: number };
}

/** One header block. A number that does not fit is 0 here and goes into a pax record. */
function block(fields: Fields): Buffer {
  const bytes = Buffer.alloc(BLOCK);
  const octal = (value: number, at: number, digits: number) =>
    bytes.write((fits(value, digits) ? value : 0).toString(8).padStart(digits, '0'), at, 'latin1');
  fields.name.copy(bytes, 0, 0, NAME);
  octal(fields.mode & 0o7777, 100, 7);
  octal(fields.uid, 108, 7);
  octal(fields.gid, 116, 7);
  octal(fields.size, 124, 11);
  octal(fields.mtime, 136, 11);
  bytes.write(fields.type, 156, 'latin1');
  fields.linkname?.copy(bytes, 157, 0, NAME);
  bytes.write('ustar\x0000', 257, 'latin1');
  octal(fields.device?.major ?? 0, 329, 7);
  octal(fields.device?.minor ?? 0, 337, 7);
  fields.prefix?.copy(bytes, 345, 0, PREFIX);
  bytes.write('        ', 148, 'latin1');
  let sum = 0;
  for (let at = 0; at < BLOCK; at++) sum += bytes[at]!;
  bytes.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return bytes;
}

/** The map that precedes the data of a file with holes. A map whose file ends with a hole has an empty last segment. */
function mapOf({ segments, realSize }: Sparse): Buffer {
  const last = segments.at(-1);
  const ends = last ? last[0] + last[1] : 0;
  const all = ends < realSize ? [...segments, [realSize, 0] as const] : segments;
  const text = [all.length, ...all.flat()].map((number) => `${number}\n`).join('');
  return Buffer.concat([Buffer.from(text), Buffer.alloc(padding(text.length))]);
}

const baseOf = (name: Buffer): Buffer => {
  const bare = name.at(-1) === SLASH ? name.subarray(0, -1) : name;
  return bare.subarray(bare.lastIndexOf(SLASH) + 1);
};

/** The bytes before an entry's data, and the number of data bytes that follow. */
export function headOf(entry: TarEntry): { head: Buffer; body: number } {
  const { type, sparse, mtime, uid, gid, linkname, xattrs = [] } = entry;
  const name = type === '5' && entry.name.at(-1) !== SLASH ? Buffer.concat([entry.name, slash]) : entry.name;
  const map = sparse && mapOf(sparse);
  const stored = sparse ? sparse.segments.reduce((sum, [, length]) => sum + length, 0) : type === '0' ? entry.size : 0;
  const size = stored + (map?.length ?? 0);
  const parted = sparse ? undefined : split(name);
  const records: Buffer[] = [];
  if (sparse) {
    records.push(record('GNU.sparse.major', '1'), record('GNU.sparse.minor', '0'));
    records.push(record('GNU.sparse.name', name), record('GNU.sparse.realsize', String(sparse.realSize)));
  } else if (!parted) records.push(record('path', name));
  if (linkname && linkname.length > NAME) records.push(record('linkpath', linkname));
  if (!fits(uid, 7)) records.push(record('uid', String(uid)));
  if (!fits(gid, 7)) records.push(record('gid', String(gid)));
  if (!fits(size, 11)) records.push(record('size', String(size)));
  if (mtime.nsec || !fits(mtime.sec, 11)) records.push(record('mtime', decimal(mtime)));
  for (const [key, value] of xattrs) records.push(record(`SCHILY.xattr.${key}`, value));
  const [short, prefix] = parted ?? [
    Buffer.concat([Buffer.from(sparse ? 'GNUSparseFile.0/' : ''), baseOf(name)]),
    none,
  ];
  const fields = { ...entry, name: short, prefix, size, mtime: mtime.sec };
  return { head: Buffer.concat([...extended(records, entry), block(fields), ...(map ? [map] : [])]), body: stored };
}

/** The pax header with the records. */
function extended(records: readonly Buffer[], { name, mtime }: TarEntry): Buffer[] {
  if (!records.length) return [];
  const body = Buffer.concat(records);
  const own = Buffer.concat([Buffer.from('PaxHeaders/'), baseOf(name).subarray(0, NAME - 11)]);
  const fields = { type: 'x', name: own, mode: 0o644, uid: 0, gid: 0, size: body.length, mtime: mtime.sec };
  return [block(fields), body, Buffer.alloc(padding(body.length))];
}

/** The part changes when this has resolved, and the next part may come then. */
export type Emit = (part: Buffer) => void | Promise<void>;
/** Small entries are collected into parts of this size. */
const PART = 256 * 1024;

export class TarWriter {
  readonly #buffer = Buffer.allocUnsafeSlow(PART);
  #filled = 0;
  /** bytes of the entry, and of zeros after them, that are still to come */
  #body = 0;
  #pad = 0;

  constructor(private readonly emit: Emit) {}

  /** After this, `data` must get exactly as many bytes as it returns. */
  async entry(entry: TarEntry): Promise<number> {
    if (this.#body) throw new Error(`${this.#body} bytes of the entry before are missing in the archive`);
    const { head, body } = headOf(entry);
    this.#body = body;
    await this.#put(head);
    this.#pad = padding(body);
    return body;
  }

  /** `bytes` are the caller's again when this has resolved. */
  async data(bytes: Buffer): Promise<void> {
    this.#body -= bytes.length;
    if (this.#body < 0) throw new Error('more bytes than the entry in the archive was said to have');
    await this.#put(bytes);
    if (!this.#body && this.#pad) await this.#put(zeros.subarray(0, this.#pad));
  }

  async end(): Promise<void> {
    await this.#put(zeros);
    await this.#flush();
  }

  #put(bytes: Buffer): void | Promise<void> {
    if (this.#filled + bytes.length <= PART) {
      this.#filled += bytes.copy(this.#buffer, this.#filled);
      return undefined;
    }
    return this.#flush().then(() => (bytes.length < PART ? this.#put(bytes) : this.emit(bytes)));
  }

  async #flush(): Promise<void> {
    const part = this.#buffer.subarray(0, this.#filled);
    this.#filled = 0;
    if (part.length) await this.emit(part);
  }
}
