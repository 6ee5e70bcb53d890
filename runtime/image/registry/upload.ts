/**
 * Uploads one blob: OCI distribution spec, "Pushing blobs".
 *
 *   small   POST …/uploads/ ─▶ Location;  PUT Location?digest=   all bytes
 *   large   POST …/uploads/ ─▶ Location;  PATCH Location         all bytes   ─▶ Location;  PUT Location?digest=
 *                                           └─ cut ─▶ GET Location ─▶ Range: 0-N;  PATCH the bytes from N + 1 on
 *
 * A registry that has forgotten the upload gets the blob from its beginning.
 */
import { createReadStream } from 'node:fs';
import { Transform } from 'node:stream';
import type { Upload } from '../../kernel/http.ts';
import type { RegistryClient } from './client.ts';
import { discard } from './http-body.ts';
import { beginUpload, locationOf } from './push.ts';
import { ConnectionError, RegistryError } from './registry-error.ts';
import { Backoff, isLost } from './retry.ts';

export interface LocalBlob {
  digest: string;
  size: number;
  path: string;
}

/** In bytes. A blob up to this size is sent in one request. */
const SMALL = 64 * 1024;
const CANCEL_MS = 3000;
const OCTETS = { 'Content-Type': 'application/octet-stream' };

/** The file from `from` on. `tell` gets the number of the blob's bytes that were handed to the connection. */
const part = ({ path, size }: LocalBlob, from: number, tell: (sent: number) => void): Upload => ({
  length: size - from,
  open() {
    let sent = from;
    const count = new Transform({
      transform(chunk: Buffer, _, done) {
        sent += chunk.length;
        tell(sent);
        done(null, chunk);
      },
    });
    const file = createReadStream(path, { start: from, highWaterMark: 256 * 1024 });
    file.on('error', (error) => count.destroy(error));
    count.on('close', () => file.destroy());
    return file.pipe(count);
  },
});

function withDigest(location: string, digest: string): string {
  const url = new URL(location);
  url.searchParams.set('digest', digest);
  return url.href;
}

class Session {
  constructor(
    private readonly client: RegistryClient,
    private readonly blob: LocalBlob,
    public location: string,
  ) {}

  /** Sends what is missing, and closes the upload. */
  async send(from: number, tell: (sent: number) => void): Promise<void> {
    const { blob } = this;
    if (blob.size > SMALL) {
      if (from < blob.size) await this.#append(from, tell);
      return this.#finish({ body: '' });
    }
    await this.#finish({ headers: OCTETS, body: part(blob, 0, tell), once: true });
  }

  async #append(from: number, tell: (sent: number) => void): Promise<void> {
    const range: Record<string, string> = from ? { 'Content-Range': `${from}-${this.blob.size - 1}` } : {};
    const response = await this.client.request(this.location, {
      method: 'PATCH',
      headers: { ...OCTETS, ...range },
      body: part(this.blob, from, tell),
      once: true,
    });
    discard(response);
    this.location = locationOf(this.client, response.headers, this.location);
  }

  async #finish(ask: Parameters<RegistryClient['request']>[1]): Promise<void> {
    discard(await this.client.request(withDigest(this.location, this.blob.digest), { method: 'PUT', ...ask }));
  }

  /** How many bytes the registry has; undefined when it does not know the upload any more. */
  async received(): Promise<number | undefined> {
    try {
      const response = await this.client.request(this.location, { method: 'GET' });
      discard(response);
      this.location = locationOf(this.client, response.headers, this.location);
      const last = /^(?:bytes[ =])?0-(\d+)$/.exec(response.headers.get('range') ?? '')?.[1];
      // "0-0" is also what registries say of an upload without a byte
      const count = last === undefined || last === '0' ? 0 : Number(last) + 1;
      return count <= this.blob.size ? count : undefined;
    } catch (error) {
      if (error instanceof RegistryError && error.status < 500) return undefined;
      throw error;
    }
  }

  /** Tells the registry that the rest will not come. A failure is none: registries drop old uploads by themselves. */
  async cancel(): Promise<void> {
    const late = AbortSignal.timeout(CANCEL_MS);
    await this.client
      .lasting(late)
      .request(this.location, { method: 'DELETE', once: true })
      .then(discard, () => undefined);
  }
}
const mayReturn = (error: unknown): boolean =>
  isLost(error) ||
  (error instanceof RegistryError && (error.status >= 500 || error.status === 429 || error.status === 416));

/**
 * `begun`: the address of an upload that the registry began already. Throws RegistryError, and ConnectionError after
 * five failures in a row without progress.
 */
export async function upload(
  client: RegistryClient,
  blob: LocalBlob,
  begun: string | undefined,
  tell: (sent: number) => void,
  signal: AbortSignal,
): Promise<void> {
  const backoff = new Backoff(signal);
  let session = new Session(client, blob, begun ?? (await beginUpload(client)));
  let [from, most] = [0, 0];
  try {
    for (;;) {
      try {
        return await session.send(from, tell);
      } catch (error) {
        signal.throwIfAborted();
        if (!mayReturn(error)) throw error;
        if (!(await backoff.again(error instanceof RegistryError ? error.retryAfter : undefined))) {
          if (!isLost(error)) throw error;
          throw new ConnectionError(`blob ${blob.digest} was not taken by ${client.base}`, error, backoff.failures);
        }
        const received = blob.size > SMALL ? await session.received() : undefined;
        if (received === undefined) session = new Session(client, blob, await beginUpload(client));
        from = received ?? 0;
        if (from > most) backoff.progressed();
        most = Math.max(most, from);
      }
    }
  } catch (error) {
    await session.cancel();
    throw error;
  }
}
