/**
 * Bodies of HTTP answers, with limits on size and on silence, because a registry may send anything, or nothing at all.
 */
import { hasCode } from '../../kernel/errors.ts';
import type { HttpResponse } from '../../kernel/http.ts';
import { patience, tooLate } from './patience.ts';

/**
 * In bytes. A rest up to this size is read, so that its connection can be used again. Reading more would cost more than
 * a new connection.
 */
const SMALL = 64 * 1024;

async function heard<T>(promise: Promise<T>, ms: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(Object.assign(new Error(`nothing came for ${ms / 1000} s`), { code: 'ETIMEDOUT' })),
      ms,
    );
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Node's error is "aborted", which would look like a wish of this process. */
const cutShort = (error: unknown): unknown =>
  error instanceof Error && error.message === 'aborted' && hasCode(error, 'ECONNRESET')
    ? Object.assign(new Error('the connection was closed before the end of the answer', { cause: error }), {
        code: 'ECONNRESET',
      })
    : error;

/** RFC 9110, "Successful 2xx". */
export const isSuccess = ({ status }: HttpResponse): boolean => status >= 200 && status < 300;

/**
 * The body piece by piece. Throws the connection's errors, and ETIMEDOUT after a minute of silence or of too few bytes.
 */
export async function* pieces({ body }: HttpResponse): AsyncGenerator<Uint8Array> {
  const reader = body[Symbol.asyncIterator]() as AsyncIterator<Uint8Array>;
  let [came, since] = [0, performance.now()];
  try {
    for (;;) {
      const { done, value } = await heard(reader.next(), patience.silence).catch((error: unknown) =>
        Promise.reject(cutShort(error)),
      );
      if (done) return;
      came += value.length;
      if (performance.now() - since > patience.slow.ms) {
        if (came < patience.slow.bytes) throw tooLate(`only ${came} bytes came`, patience.slow.ms);
        [came, since] = [0, performance.now()];
      }
      yield value;
    }
  } finally {
    // reader.return() would wait for the next piece, which may never come
    body.destroy();
  }
}

/**
 * The whole body. Throws an error that names `what` when it is larger than `limit` bytes or does not arrive in time.
 */
export async function readAll(response: HttpResponse, limit: number, what: string): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  let size = 0;
  const timer = setTimeout(
    () => response.body.destroy(tooLate(`${what} did not come to its end`, patience.document)),
    patience.document,
  );
  try {
    for await (const piece of pieces(response)) {
      size += piece.length;
      if (size > limit) throw new Error(`${what} is larger than ${limit} bytes`);
      parts.push(piece);
    }
  } finally {
    clearTimeout(timer);
  }
  return Buffer.concat(parts);
}

/** Drops a body that is not needed. Its connection becomes free at once, or is closed. */
export function discard({ headers, body }: HttpResponse): void {
  if (Number(headers.get('content-length')) <= SMALL) body.resume();
  else body.destroy();
}
