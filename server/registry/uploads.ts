/**
 * Uploads of blobs in progress: OCI distribution spec, "Pushing a blob in chunks". An upload is two files, so it goes
 * on after a cut connection and after the end of the registry:
 *
 *   <root>/uploads/<uuid>          the bytes received so far
 *   <root>/uploads/<uuid>.name     its repository
 */
import { createHash, randomUUID, type Hash } from 'node:crypto';
import {
  createReadStream,
  createWriteStream,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { Transform, type Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type Algorithm, algorithmOf } from './digest.ts';
import { RegistryRefusal } from './error.ts';
import { checkName, type Storage } from './storage.ts';

interface Upload {
  name: string;
  hash: Hash;
  size: number;
  busy: boolean;
}

/** So many uploads may be open at once. */
const MOST = 1000;
/** An upload that got no byte for this time is removed when space for new ones is wanted, and at the start. */
const STALE_MS = 24 * 3_600_000;
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

const unknown = (id: string) =>
  new RegistryRefusal('BLOB_UPLOAD_UNKNOWN', `blob upload unknown to registry: ${id.slice(0, 60)}`);

async function hashOf(path: string, algorithm: Algorithm): Promise<Hash> {
  const hash = createHash(algorithm);
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(chunk as Buffer);
  return hash;
}

export class Uploads {
  /** The uploads that this process has the hash of. */
  readonly #open = new Map<string, Upload>();
  readonly #dir: string;
  constructor(
    private readonly storage: Storage,
    private readonly maxBlob: number,
  ) {
    this.#dir = join(storage.root, 'uploads');
    // files of writes that were cut off by the end of the last registry
    for (const file of readdirSync(this.#dir))
      if (file.endsWith('.part')) rmSync(join(this.#dir, file), { force: true });
    this.#dropStale();
  }

  #path(id: string): string {
    return join(this.#dir, id);
  }
  #names(): string[] {
    return readdirSync(this.#dir).filter((file) => file.endsWith('.name'));
  }
  #dropStale(): void {
    for (const file of this.#names()) {
      const id = file.slice(0, -'.name'.length);
      const touched = statSync(this.#path(id), { throwIfNoEntry: false })?.mtimeMs ?? 0;
      if (Date.now() - touched > STALE_MS && !this.#open.get(id)?.busy) this.drop(id);
    }
  }

  /** Returns the id of the new upload. Throws RegistryRefusal TOOMANYREQUESTS. */
  begin(name: string): string {
    checkName(name);
    if (this.#open.size >= MOST || this.#names().length >= MOST) this.#dropStale();
    if (this.#names().length >= MOST)
      throw new RegistryRefusal('TOOMANYREQUESTS', `more than ${MOST} uploads are open`);
    const id = randomUUID();
    writeFileSync(this.#path(id), '', { mode: 0o600 });
    writeFileSync(`${this.#path(id)}.name`, name, { mode: 0o600 });
    this.#open.set(id, { name, hash: createHash('sha256'), size: 0, busy: false });
    return id;
  }

  /** How many bytes were received so far. Throws RegistryRefusal BLOB_UPLOAD_UNKNOWN. */
  size(name: string, id: string): number {
    const open = this.#open.get(id);
    if (open?.name === name) return open.size;
    if (!this.#onDisk(name, id)) throw unknown(id);
    return statSync(this.#path(id)).size;
  }
  #onDisk(name: string, id: string): boolean {
    if (!UUID.test(id)) return false;
    try {
      return readFileSync(`${this.#path(id)}.name`, 'utf8') === name;
    } catch {
      return false;
    }
  }
  /** An upload that this process knows, or one that it hashes again from its file. */
  async #get(name: string, id: string): Promise<Upload> {
    const open = this.#open.get(id);
    if (open) {
      if (open.name !== name) throw unknown(id);
      return open;
    }
    if (!this.#onDisk(name, id)) throw unknown(id);
    const upload: Upload = { name, hash: createHash('sha256'), size: 0, busy: true };
    this.#open.set(id, upload);
    try {
      upload.hash = await hashOf(this.#path(id), 'sha256');
      upload.size = statSync(this.#path(id)).size;
    } catch (error) {
      this.#open.delete(id);
      throw error;
    } finally {
      upload.busy = false;
    }
    return upload;
  }

  /**
   * Appends a chunk and returns the upload's size. `range` ('100-199') must begin where the last chunk ended. Of a
   * chunk that is cut off the bytes that came are kept: the client asks how many they were, and goes on there.
   */
  async append(name: string, id: string, body: Readable, range?: string): Promise<number> {
    const upload = await this.#get(name, id);
    if (upload.busy) throw new RegistryRefusal('BLOB_UPLOAD_INVALID', 'another chunk of this upload is being received');
    const start = range === undefined ? upload.size : Number(/^(?:bytes[ =])?(\d+)-\d+/.exec(range)?.[1] ?? NaN);
    if (start !== upload.size)
      throw new RegistryRefusal('RANGE_INVALID', `the upload goes on at byte ${upload.size}`, {
        Range: rangeOf(upload.size),
      });
    upload.busy = true;
    const count = new Transform({
      transform: (chunk: Buffer, _, done) => {
        upload.size += chunk.length;
        if (upload.size > this.maxBlob)
          return done(new RegistryRefusal('SIZE_INVALID', `a blob may have ${this.maxBlob} bytes`));
        upload.hash.update(chunk);
        done(null, chunk);
      },
    });
    const flush = this.storage.files.durable;
    try {
      await pipeline(body, count, createWriteStream(this.#path(id), { flags: 'a', mode: 0o600, flush }));
    } catch (error) {
      // The hash and the file may differ now. The next request hashes the file again.
      this.#open.delete(id);
      if (error instanceof RegistryRefusal) this.drop(id);
      throw error;
    } finally {
      upload.busy = false;
    }
    return upload.size;
  }

  /**
   * Ends the upload in every case. Throws RegistryRefusal DIGEST_INVALID when the content has another digest than
   * promised.
   */
  async finish(name: string, id: string, digest: string): Promise<void> {
    const upload = await this.#get(name, id);
    if (upload.busy) throw new RegistryRefusal('BLOB_UPLOAD_INVALID', 'a chunk of this upload is being received');
    upload.busy = true;
    try {
      const algorithm = algorithmOf(digest);
      const hash = algorithm === 'sha256' ? upload.hash : await hashOf(this.#path(id), algorithm);
      const found = `${algorithm}:${hash.digest('hex')}`;
      if (found !== digest)
        throw new RegistryRefusal(
          'DIGEST_INVALID',
          `provided digest did not match uploaded content: ${digest}, the content has ${found}`,
        );
      await this.storage.adoptBlob(name, digest, this.#path(id));
    } finally {
      this.drop(id);
    }
  }

  cancel(name: string, id: string): void {
    this.size(name, id);
    this.drop(id);
  }
  drop(id: string): void {
    this.#open.delete(id);
    rmSync(this.#path(id), { force: true });
    rmSync(`${this.#path(id)}.name`, { force: true });
  }
}

export const rangeOf = (size: number): string => `0-${Math.max(size - 1, 0)}`;
