/** Bodies of HTTP answers with a limit on size and on silence: a registry may send anything, or nothing for ever. */

const IDLE_MS = 60_000;

async function within<T>(promise: Promise<T>, ms: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(Object.assign(new Error(`nothing came for ${ms / 1000} s`), { code: 'ETIMEDOUT' })), ms);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** The body piece by piece. Throws what the connection throws, ETIMEDOUT after a minute of silence. */
export async function* pieces(response: Response): AsyncGenerator<Uint8Array> {
  const reader = response.body?.getReader();
  if (!reader) return;
  let ended = false;
  try {
    for (;;) {
      const { done, value } = await within(reader.read(), IDLE_MS);
      if (done) {
        ended = true;
        return;
      }
      yield value;
    }
  } finally {
    if (!ended) await reader.cancel().catch(() => undefined);
  }
}

/** The whole body. Throws an error that names `what` when it is larger than `limit` bytes. */
export async function readAll(response: Response, limit: number, what: string): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const piece of pieces(response)) {
    size += piece.length;
    if (size > limit) throw new Error(`${what} is larger than ${limit} bytes`);
    parts.push(piece);
  }
  return Buffer.concat(parts);
}

/** Lets go of a body that nobody reads, so that its connection is free again. */
export const discard = (response: Response): Promise<void> => response.body?.cancel().catch(() => undefined) ?? Promise.resolve();
