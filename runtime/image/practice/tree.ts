/** The entries of one layer: files copied from the host under the same names, and files with fixed content. */
import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { posix } from 'node:path';

export type Node = { mode: number; mtime: number } & (
  { type: 'file'; content: Buffer } | { type: 'directory' } | { type: 'symlink'; target: string }
);

/** The mtime of entries that are not copied; it is the same on every machine. */
const EPOCH = 1_700_000_000;
const MAX_HOPS = 40;

export class Tree {
  /** path without the leading slash → node; parents are added before children */
  readonly nodes = new Map<string, Node>();
  /** `below`: the lower layers; what they have is not copied again */
  constructor(private readonly below: readonly Tree[] = []) {}

  has(path: string): boolean {
    return this.nodes.has(path) || this.below.some((tree) => tree.nodes.has(path));
  }
  #set(path: string, node: Node): void {
    if (!path || this.has(path)) return;
    this.#ancestors(path);
    this.nodes.set(path, node);
  }
  /** Repeats the parent directories in this layer, because a directory shows the attributes of its highest layer. */
  #ancestors(path: string): void {
    const parent = posix.dirname(path);
    if (parent === '.' || this.nodes.has(parent)) return;
    this.#ancestors(parent);
    const known = this.below.map((tree) => tree.nodes.get(parent)).find(Boolean);
    if (known) this.nodes.set(parent, known);
  }

  directory(path: string, mode = 0o755): void {
    const parent = posix.dirname(path);
    if (parent !== '.' && !this.has(parent)) this.directory(parent);
    this.#set(path, { type: 'directory', mode, mtime: EPOCH });
  }
  file(path: string, content: string | Buffer, mode = 0o644): void {
    this.directory(posix.dirname(path));
    this.#set(path, { type: 'file', mode, mtime: EPOCH, content: Buffer.from(content) });
  }
  link(path: string, target: string): void {
    if (posix.dirname(path) !== '.') this.directory(posix.dirname(path));
    this.#set(path, { type: 'symlink', mode: 0o777, mtime: EPOCH, target });
  }

  /**
   * Copies a file of the host and every link on the way to it, so that the same names find it. Returns its real path.
   */
  copy(path: string): string {
    const todo = path.split('/').filter(Boolean).reverse();
    let done = '';
    for (let hops = 0; todo.length;) {
      const part = todo.pop()!;
      if (part === '.') continue;
      if (part === '..') {
        done = posix.dirname(`/${done}`).slice(1);
        continue;
      }
      const here = done ? `${done}/${part}` : part;
      const stat = lstatSync(`/${here}`);
      if (!stat.isSymbolicLink()) {
        this.#node(here, stat.mode & 0o7777, Math.floor(stat.mtimeMs / 1000), stat.isDirectory());
        done = here;
        continue;
      }
      if (++hops > MAX_HOPS) throw new Error(`too many links on the way to ${path}`);
      const target = readlinkSync(`/${here}`);
      this.#set(here, { type: 'symlink', mode: 0o777, mtime: Math.floor(stat.mtimeMs / 1000), target });
      if (target.startsWith('/')) done = '';
      todo.push(...target.split('/').filter(Boolean).reverse());
    }
    return `/${done}`;
  }
  #node(path: string, mode: number, mtime: number, isDirectory: boolean): void {
    if (this.has(path)) return;
    this.#set(
      path,
      isDirectory
        ? { type: 'directory', mode, mtime }
        : { type: 'file', mode, mtime, content: readFileSync(`/${path}`) },
    );
  }

  /** Copies everything below a directory, except sockets and devices. */
  copyAll(path: string): void {
    this.copy(path);
    for (const entry of readdirSync(path, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))) {
      const child = `${path}/${entry.name}`;
      if (entry.isDirectory()) this.copyAll(child);
      else if (entry.isFile() || entry.isSymbolicLink()) this.copy(child);
    }
  }
}
