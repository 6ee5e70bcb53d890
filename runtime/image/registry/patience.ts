/**
 * How long something remote is waited for. The connection's silence is bounded by kernel/http.ts; these are bounds on
 * what never falls silent, and never comes to an end either. Tests have less patience.
 */
export const patience = {
  /** until the headers are there */
  headers: 60_000,
  /** until a token server has answered to the end */
  token: 30_000,
  /** a manifest, a config, an error: to its last byte */
  document: 60_000,
  /** between two pieces of a body */
  silence: 60_000,
  /** so many bytes in so long, of a body of any size */
  slow: { ms: 60_000, bytes: 16 * 1024 },
};

export const tooLate = (what: string, ms: number): Error =>
  Object.assign(new Error(`${what} within ${ms / 1000} s`), { code: 'ETIMEDOUT' });

/** Gives `body` a signal that is also aborted after `ms`; throws what `body` throws. */
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
