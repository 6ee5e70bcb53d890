/**
 * Writes a cpio archive in newc format, which the kernel unpacks as its initial root: buffer-format.rst, "initramfs
 * buffer format".
 */
import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';

const [DIRECTORY, FILE, LINK, WHITEOUT] = [0o040000, 0o100000, 0o120000, 0o020000];
const padded = (bytes: Buffer) => Buffer.concat([bytes, Buffer.alloc((4 - (bytes.length % 4)) % 4)]);

export class Cpio {
  readonly #parts: Buffer[] = [];
  readonly #made = new Set<string>();

  /**
   * magic, then 13 fields of 8 hex digits: ino mode uid gid nlink mtime filesize devmajor devminor rdevmajor rdevminor
   * namesize check
   */
  #entry(name: string, mode: number, body = Buffer.alloc(0)): this {
    const fields = [this.#made.size, mode, 0, 0, 1, 0, body.length, 0, 0, 0, 0, Buffer.byteLength(name) + 1, 0];
    const header = `070701${fields.map((n) => n.toString(16).padStart(8, '0')).join('')}${name}\0`;
    this.#parts.push(padded(Buffer.from(header)), padded(body));
    return this;
  }
  /** Creates the parents first, each once. */
  directory(path: string, mode = 0o755): this {
    const name = path.replace(/^\//, '');
    if (!name || name === '.' || this.#made.has(name)) return this;
    this.directory(join(name, '..'));
    this.#made.add(name);
    return this.#entry(name, DIRECTORY | mode);
  }
  file(path: string, body: Buffer | string, mode = 0o644): this {
    const name = path.replace(/^\//, '');
    if (this.#made.has(name)) return this;
    this.directory(join(name, '..'));
    this.#made.add(name);
    return this.#entry(name, FILE | mode, Buffer.from(body));
  }
  link(path: string, target: string): this {
    const name = path.replace(/^\//, '');
    if (this.#made.has(name)) return this;
    this.directory(join(name, '..'));
    this.#made.add(name);
    return this.#entry(name, LINK | 0o777, Buffer.from(target));
  }
  /** An overlayfs whiteout: a character device 0:0. */
  #whiteout(path: string): this {
    this.directory(join(path, '..'));
    return this.#entry(path.replace(/^\//, ''), WHITEOUT);
  }
  /**
   * Copies a file, link or directory of this machine to the same or another path; `wanted` filters the files of a
   * directory.
   */
  copy(source: string, path = source, wanted: (path: string) => boolean = () => true): this {
    const stat = lstatSync(source);
    if (stat.isSymbolicLink()) return this.link(path, readlinkSync(source));
    if (stat.isCharacterDevice() && stat.rdev === 0) return this.#whiteout(path);
    if (!stat.isDirectory()) return wanted(source) ? this.file(path, readFileSync(source), stat.mode & 0o7777) : this;
    this.directory(path, stat.mode & 0o7777);
    for (const name of readdirSync(source)) this.copy(join(source, name), join(path, name), wanted);
    return this;
  }
  bytes(): Buffer {
    this.#made.clear();
    return Buffer.concat(this.#entry('TRAILER!!!', 0).#parts);
  }
}
