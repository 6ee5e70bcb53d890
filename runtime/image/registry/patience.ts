/**
 * Time limits for registries, in milliseconds. kernel/http.ts limits the silence of a connection; these limit answers
 * that are never silent but never end. Tests set shorter ones.
 */
export const patience = {
  /** until the headers have arrived */
  headers: 60_000,
  /** until the whole answer of a token server has arrived */
  token: 30_000,
  /** until the last byte of a manifest, a config or an error */
  document: 60_000,
  /** between two pieces of a body */
  silence: 60_000,
  /** the least number of bytes in this time, for a body of any size */
  slow: { ms: 60_000, bytes: 16 * 1024 },
};

export const tooLate = (what: string, ms: number): Error =>
  Object.assign(new Error(`${what} within ${ms / 1000} s`), { code: 'ETIMEDOUT' });

/** Calls `body` with a signal that is also aborted after `ms`. Throws what `body` throws. */
export async function within<T>(
  what: string,
  ms: number,
  signal: AbortSignal | undefined,
  body: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(tooLate(what, ms)), ms);
  try {
    return await body(signal ? AbortSignal.any([signal, late.signal]) : late.signal);
  } finally {
    clearTimeout(timer);
  }
}
