/** <root>/blobs/sha256/<hex>: blobs from registries, unchanged. A file exists only after its digest was checked. */
import { randomUUID } from 'node:crypto';
import { createReadStream, mkdirSync, readdirSync, readFileSync, renameSync, statSync, type ReadStream } from 'node:fs';
import { open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { syncDirectory, writeDurably } from '../../data-root/atomic-file.ts';
import type { RegistryClient } from '../registry/client.ts';
import { hexOf, sha256 } from '../manifest/digest.ts';
import { download, type DownloadProgress } from '../registry/download.ts';
import type { Descriptor } from '../manifest/manifest.ts';
import type { LayerFile } from '../layer/layer-file.ts';
import { Shared } from './shared.ts';

export class BlobStore {
  readonly dir: string;
  readonly #downloads = new Shared<void, DownloadProgress>();
  /** names of files that are being written */
  readonly #making = new Set<string>();

  constructor(root: string) {
    this.dir = join(root, 'blobs/sha256');
    mkdirSync(this.dir, { recursive: true, mode: 0o700 });
  }

  path(digest: string): string {
    return join(this.dir, hexOf(digest));
  }
  has(digest: string): boolean {
    return statSync(this.path(digest), { throwIfNoEntry: false })?.isFile() ?? false;
  }
  size(digest: string): number {
    return statSync(this.path(digest)).size;
  }
  /** Reads a small blob, such as a config or a manifest. Throws ENOENT. */
  read(digest: string): Buffer {
    return readFileSync(this.path(digest));
  }
  stream(digest: string): ReadStream {
    return createReadStream(this.path(digest));
  }
  /** The digests of all stored blobs that are not larger than `most` bytes. */
  digests(most: number): string[] {
    return readdirSync(this.dir)
      .filter((name) => /^[a-f0-9]{64}$/.test(name))
      .map((name) => `sha256:${name}`)
      .filter((digest) => this.has(digest) && this.size(digest) <= most);
  }
  /** Stores the bytes and returns their digest. */
  put(bytes: Buffer): string {
    const digest = sha256(bytes);
    if (!this.has(digest)) writeDurably(this.path(digest), bytes);
    return digest;
  }

  /**
   * Stores a file whose digest is known only after it was written. `write` writes it; `made` is called before it gets
   * its name, so that the caller can protect it.
   */
  async make(write: (path: string) => Promise<LayerFile>, made: (file: LayerFile) => void): Promise<LayerFile> {
    const name = `new-${randomUUID()}`;
    const path = join(this.dir, name);
    this.#making.add(name);
    try {
      const file = await write(path);
      made(file);
      renameSync(path, this.path(file.digest));
      syncDirectory(this.dir);
      return file;
    } finally {
      this.#making.delete(name);
      await rm(path, { force: true });
    }
  }

  /**
   * Moves a file of the same filesystem, whose digest was checked, into the store; unless the store has it. The disk
   * has its bytes before it gets its name.
   */
  async adopt(path: string, digest: string): Promise<void> {
    if (this.has(digest)) return;
    const file = await open(path);
    await file.sync().finally(() => file.close());
    renameSync(path, this.path(digest));
    syncDirectory(this.dir);
  }

  /** Downloads a blob that is not stored. Several callers share one download. */
  async fetch(
    client: RegistryClient,
    blob: Descriptor,
    tell: (p: DownloadProgress) => void,
    signal?: AbortSignal,
  ): Promise<void> {
    if (this.has(blob.digest)) return;
    await this.#downloads.run(
      blob.digest,
      (lasting, told) => download(client.lasting(lasting), blob, this.path(blob.digest), told, lasting),
      tell,
      signal,
    );
  }

  /**
   * Removes every file that `keep` does not want, and unfinished files of a daemon that died. The choice is made at
   * once; freeing the blocks of large files takes time.
   */
  async collect(keep: (digest: string) => boolean): Promise<void> {
    const busy = new Set(this.#downloads.busy);
    const doomed = readdirSync(this.dir).flatMap((name) => {
      const digest = `sha256:${name.slice(0, 64)}`;
      if (busy.has(digest) || this.#making.has(name) || (name.length === 64 && keep(digest))) return [];
      const path = join(this.dir, `${name.slice(0, 64)}.gone-${randomUUID()}`);
      renameSync(join(this.dir, name), path);
      return [path];
    });
    for (const path of doomed) await rm(path, { recursive: true, force: true });
  }
}
