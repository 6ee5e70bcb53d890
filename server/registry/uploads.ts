/** Uploads of blobs in progress: OCI distribution spec, "Pushing a blob in chunks". */
import { createHash, randomUUID, type Hash } from 'node:crypto';
import { createWriteStream, existsSync, rmSync } from 'node:fs';
import { Transform, type Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { RegistryRefusal } from './error.ts';
import type { Storage } from './storage.ts';

interface Upload {
  name: string;
  hash: Hash;
  size: number;
  busy: boolean;
  touched: number;
}

const MOST = 1000;
const STALE_MS = 3_600_000;

export class Uploads {
  readonly #open = new Map<string, Upload>();
  constructor(
    private readonly storage: Storage,
    private readonly maxBlob: number,
  ) {}

  begin(name: string): string {
    for (const [id, { touched, busy }] of this.#open) if (!busy && Date.now() - touched > STALE_MS) this.drop(id);
    if (this.#open.size >= MOST) throw new RegistryRefusal('TOOMANYREQUESTS', `more than ${MOST} uploads are open`);
    const id = randomUUID();
    this.#open.set(id, { name, hash: createHash('sha256'), size: 0, busy: false, touched: Date.now() });
    return id;
  }

  /** How many bytes were received so far. Throws RegistryRefusal BLOB_UPLOAD_UNKNOWN. */
  size(name: string, id: string): number {
    return this.#get(name, id).size;
  }
  #get(name: string, id: string): Upload {
    const upload = this.#open.get(id);
    if (upload?.name !== name)
      throw new RegistryRefusal('BLOB_UPLOAD_UNKNOWN', `blob upload unknown to registry: ${id.slice(0, 60)}`);
    return upload;
  }

  /**
   * Appends a chunk and returns the upload's size. `range` ('100-199') must begin where the last chunk ended. A chunk
   * that is cut off ends the upload.
   */
  async append(name: string, id: string, body: Readable, range?: string): Promise<number> {
    const upload = this.#get(name, id);
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
    try {
      await pipeline(body, count, createWriteStream(this.storage.uploadPath(id), { flags: 'a', mode: 0o600 }));
    } catch (error) {
      // now the hash and the file may differ
      this.drop(id);
      throw error;
    } finally {
      upload.busy = false;
      upload.touched = Date.now();
    }
    return upload.size;
  }

  /**
   * Ends the upload in every case. Throws RegistryRefusal DIGEST_INVALID when the content has another digest than
   * promised.
   */
  finish(name: string, id: string, digest: string): void {
    const { hash } = this.#get(name, id);
    const found = `sha256:${hash.digest('hex')}`;
    this.#open.delete(id);
    if (found !== digest) {
      rmSync(this.storage.uploadPath(id), { force: true });
      throw new RegistryRefusal(
        'DIGEST_INVALID',
        `provided digest did not match uploaded content: ${digest}, the content has ${found}`,
      );
    }
    this.storage.adoptBlob(name, digest, this.storage.uploadPath(id));
  }

  cancel(name: string, id: string): void {
    this.#get(name, id);
    this.drop(id);
  }
  drop(id: string): void {
    this.#open.delete(id);
    if (existsSync(this.storage.uploadPath(id))) rmSync(this.storage.uploadPath(id));
  }
}

export const rangeOf = (size: number): string => `0-${Math.max(size - 1, 0)}`;
