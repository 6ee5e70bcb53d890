/**
 * When a request to a registry is repeated, and after which delay: OCI distribution spec, "Error Codes"; RFC 9110,
 * "Retry-After".
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { hasCode } from '../../kernel/errors.ts';

/** The answers after which the same request is worth another try. */
export const BUSY: readonly number[] = [408, 429, 500, 502, 503, 504];

const FIRST_MS = 250;
const MOST_TRIES = 5;
/** A longer delay that a registry asks for is reported as an error instead. */
const LONGEST_MS = 20_000;

const LOST = [
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'HPE_INVALID_EOF_STATE',
  'ECONNREFUSED',
  'EAI_AGAIN',
  'ENETUNREACH',
  'EHOSTUNREACH',
];
/** The connection was cut. This includes a connection that was kept from an earlier request. */
export const isLost = (error: unknown): boolean => hasCode(error, ...LOST);

/** No registry can be reached there. The practice registry may answer instead. */
export const isUnreachable = (error: unknown): boolean =>
  hasCode(
    error,
    'ECONNREFUSED',
    'ENOTFOUND',
    'EAI_AGAIN',
    'EAI_FAIL',
    'EAI_NODATA',
    'ENETUNREACH',
    'EHOSTUNREACH',
    'ENETDOWN',
    'EACCES',
    'EPERM',
    'ETIMEDOUT',
    'EADDRNOTAVAIL',
  );

/** Seconds or a date → milliseconds; undefined when the header is absent or invalid. */
export function retryAfterMs(header: string | undefined, now = Date.now()): number | undefined {
  if (!header) return undefined;
  const ms = /^\d{1,9}$/.test(header.trim()) ? Number(header) * 1000 : Date.parse(header) - now;
  return Number.isFinite(ms) ? Math.max(ms, 0) : undefined;
}

/** Counts consecutive failures and waits between them: 0.25 s, 0.5 s, 1 s, 2 s. */
export class Backoff {
  #failures = 0;
  constructor(private readonly signal?: AbortSignal) {}

  /** Waits before the next try. Returns false when there were enough tries. Throws the signal's reason. */
  async again(askedMs?: number): Promise<boolean> {
    if (++this.#failures >= MOST_TRIES || (askedMs ?? 0) > LONGEST_MS) return false;
    await sleep(
      Math.max(askedMs ?? 0, FIRST_MS * 2 ** (this.#failures - 1)),
      undefined,
      this.signal ? { signal: this.signal } : {},
    ).catch(() => this.signal?.throwIfAborted());
    return true;
  }
  /** The number of consecutive failures. */
  get failures(): number {
    return this.#failures;
  }
  progressed(): void {
    this.#failures = 0;
  }
}
