/**
 * Downloads one blob into a file: hashed while it streams, resumed after a cut connection, and never larger than
 * announced.
 */
import { createHash } from 'node:crypto';
import { open, rename, rm, type FileHandle } from 'node:fs/promises';
import type { HttpResponse } from '../../kernel/http.ts';
import { ApiError } from '../../errors/api-error.ts';
import type { RegistryClient } from './client.ts';
import { discard, pieces } from './http-body.ts';
import type { Descriptor } from '../manifest/manifest.ts';
import { ConnectionError, RegistryError } from './registry-error.ts';
import { Backoff, isLost } from './retry.ts';

export type DownloadProgress = { phase: 'downloading'; current: number } | { phase: 'verifying' };
/** In bytes. Small pieces are collected before they are written. */
const BATCH = 1 << 20;
/** In bytes. A try that brought this many counts as progress. */
const PROGRESS = 16 * 1024;

class Partial {
  #hash = createHash('sha256');
  received = 0;
  #written = 0;
  #batch: Uint8Array[] = [];
  constructor(
    readonly file: FileHandle,
    private readonly blob: Descriptor,
  ) {}

  async add(piece: Uint8Array): Promise<void> {
    this.received += piece.length;
    if (this.received > this.blob.size) throw tooLarge(this.blob);
    this.#hash.update(piece);
    this.#batch.push(piece);
    if (this.received - this.#written >= BATCH) await this.flush();
  }
  async flush(): Promise<void> {
    const bytes = Buffer.concat(this.#batch.splice(0));
    for (let done = 0; done < bytes.length;) {
      const { bytesWritten } = await this.file.write(bytes, done, bytes.length - done, this.#written);
      done += bytesWritten;
      this.#written += bytesWritten;
    }
  }
  /** Starts over, because the registry sends the first byte again. */
  async restart(): Promise<void> {
    this.#hash = createHash('sha256');
    this.#batch = [];
    this.received = this.#written = 0;
    await this.file.truncate(0);
  }
  digest(): string {
    return `sha256:${this.#hash.digest('hex')}`;
  }
}
const tooLarge = (blob: Descriptor) =>
  new ApiError(500, `blob ${blob.digest} is larger than the ${blob.size} bytes that the manifest announces`);

/** The position of the first byte of this answer. Throws ApiError when it is not the requested one. */
function startOf(response: HttpResponse, asked: number): number {
  if (response.status !== 206) return 0;
  const range = response.headers.get('content-range') ?? '';
  if (Number(/^bytes (\d+)-/.exec(range)?.[1]) !== asked)
    throw new ApiError(
      500,
      `asked for the bytes from ${asked} on, the registry sent ${JSON.stringify(range.slice(0, 100))}`,
    );
  return asked;
}

async function receive(
  client: RegistryClient,
  blob: Descriptor,
  partial: Partial,
  tell: (p: DownloadProgress) => void,
  signal: AbortSignal,
): Promise<void> {
  const response = await client.blob(blob.digest, partial.received);
  try {
    if (!startOf(response, partial.received) && partial.received) await partial.restart();
    if (partial.received + Number(response.headers.get('content-length') ?? 0) > blob.size) throw tooLarge(blob);
    for await (const piece of pieces(response)) {
      signal.throwIfAborted();
      await partial.add(piece);
      tell({ phase: 'downloading', current: partial.received });
    }
  } finally {
    discard(response);
    await partial.flush();
  }
  if (partial.received < blob.size)
    throw Object.assign(new Error(`blob ${blob.digest} ended after ${partial.received} of ${blob.size} bytes`), {
      code: 'ECONNRESET',
    });
}

const mayReturn = (error: unknown): boolean =>
  isLost(error) || (error instanceof RegistryError && (error.status >= 500 || error.status === 429));

async function receiveAll(
  client: RegistryClient,
  blob: Descriptor,
  partial: Partial,
  tell: (p: DownloadProgress) => void,
  signal: AbortSignal,
): Promise<void> {
  const backoff = new Backoff(signal);
  // the maximum of all tries: a registry that always starts at the first byte makes progress only when it gets further
  let most = 0;
  while (partial.received < blob.size) {
    try {
      await receive(client, blob, partial, tell, signal);
    } catch (error) {
      signal.throwIfAborted();
      // a trickle of bytes is no progress
      if (partial.received - most >= Math.min(PROGRESS, blob.size / 100)) backoff.progressed();
      most = Math.max(most, partial.received);
      if (mayReturn(error) && (await backoff.again(error instanceof RegistryError ? error.retryAfter : undefined)))
        continue;
      if (!isLost(error)) throw error;
      throw new ConnectionError(
        `blob ${blob.digest} of ${client.base} is not complete (${partial.received} of ${blob.size} bytes)`,
        error,
        backoff.failures,
      );
    }
  }
}

/**
 * Writes the verified blob to `path`; after a failure there is no file. Throws ApiError for wrong content,
 * RegistryError for an error answer, and ConnectionError after five cuts in a row without progress.
 */
export async function download(
  client: RegistryClient,
  blob: Descriptor,
  path: string,
  tell: (p: DownloadProgress) => void,
  signal: AbortSignal,
): Promise<void> {
  const partPath = `${path}.partial`;
  const file = await open(partPath, 'w', 0o600);
  try {
    const partial = new Partial(file, blob);
    await receiveAll(client, blob, partial, tell, signal);
    tell({ phase: 'verifying' });
    const found = partial.digest();
    if (found !== blob.digest)
      throw new ApiError(
        500,
        `filesystem layer verification failed for digest ${blob.digest}: the registry sent ${found}`,
      );
    await file.close();
    await rename(partPath, path);
  } catch (error) {
    await file.close().catch(() => undefined);
    await rm(partPath, { force: true });
    throw error;
  }
}
