import { constants } from 'node:os';
import { errnoText } from '../syscalls/errno-text.ts';

/** Two errnos have a second name each; the manual pages use these. */
const second = new Set(['EWOULDBLOCK', 'ENOTSUP']);
const names = new Map(
  Object.entries(constants.errno)
    .filter(([name]) => !second.has(name))
    .map(([name, number]) => [number, name]),
);

/** 2 → 'ENOENT'; errno(3). */
export const errnoName = (errno: number): string => names.get(errno) ?? (errno === 524 ? 'ENOTSUPP' : `E${errno}`);
export const errnoNumber = (name: string): number => (constants.errno as Record<string, number>)[name] ?? 0;

/**
 * A system call that failed: which, for whom, why, and what to do about it. `code` is the errno's name, as in Node's
 * own errors.
 */
export class SyscallError extends Error {
  readonly code: string;
  step?: string;
  constructor(
    readonly syscall: string,
    readonly errno: number,
    readonly line: string,
    readonly actor: string,
    readonly hint?: string,
  ) {
    const code = errnoName(errno);
    super(`${line}: ${errnoText(code)} (${code}, in the ${actor})${hint ? `; ${hint}` : ''}`);
    this.name = 'SyscallError';
    this.code = code;
  }
}

/**
 * Whoever held a call back at the gate answers it himself with an errno, as the kernel might have: the call is not
 * made.
 */
export class Injected extends Error {
  constructor(readonly errno: number) {
    super(`answered with ${errnoName(errno)} at the gate`);
    this.name = 'Injected';
  }
}

/** What a request to a registry fails with when it was answered with an errno at the gate: as if connect(2) had. */
export function injectedRequest(method: string, url: string, errno: number): Error {
  const code = errnoName(errno);
  return Object.assign(new Error(`${method} ${url}: ${errnoText(code)} (${code}, answered at the gate)`), {
    code,
    atGate: true,
  });
}

/** Somebody's decision at the gate, not a failure of the work itself: an abort, or an errno that was chosen. */
export const decidedAtGate = (error: unknown): boolean =>
  error instanceof Error && (error as { atGate?: boolean }).atGate === true;

export const hasCode = (error: unknown, ...codes: string[]): boolean =>
  error instanceof Error && codes.includes((error as { code?: string }).code ?? '');

/** Awaits `promise`; the named errnos count as done. For undo and for "make it if it is not there". */
export async function tolerate<T>(codes: readonly string[], promise: Promise<T>): Promise<T | undefined> {
  try {
    return await promise;
  } catch (error) {
    if (hasCode(error, ...codes)) return undefined;
    throw error;
  }
}
