import { constants } from 'node:os';
import { errnoText } from '../syscalls/errno-text.ts';

/** Second names of two errnos. The manual pages use the other name. */
const second = new Set(['EWOULDBLOCK', 'ENOTSUP']);
const names = new Map(
  Object.entries(constants.errno)
    .filter(([name]) => !second.has(name))
    .map(([name, number]) => [number, name]),
);

/** 2 → 'ENOENT'; errno(3). */
export const errnoName = (errno: number): string => names.get(errno) ?? (errno === 524 ? 'ENOTSUPP' : `E${errno}`);
/** 'ENOENT' → 2; 0 for an unknown name. */
export const errnoNumber = (name: string): number => (constants.errno as Record<string, number>)[name] ?? 0;

/**
 * A system call that failed: its name, errno, line as strace(1) shows it, actor, and a hint. `code` is the errno's
 * name, as in Node's own errors.
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

/** An errno that a client chose at the gate. The call itself is not made. */
export class Injected extends Error {
  constructor(readonly errno: number) {
    super(`answered with ${errnoName(errno)} at the gate`);
    this.name = 'Injected';
  }
}

/** The error of a registry request for which a client chose an errno at the gate; it is that of a failed connect(2). */
export function injectedRequest(method: string, url: string, errno: number): Error {
  const code = errnoName(errno);
  return Object.assign(new Error(`${method} ${url}: ${errnoText(code)} (${code}, answered at the gate)`), {
    code,
    atGate: true,
  });
}

/** Whether a client decided this at the gate (an abort, or a chosen errno), so that it is no failure of the work. */
export const decidedAtGate = (error: unknown): boolean =>
  error instanceof Error && (error as { atGate?: boolean }).atGate === true;

/** Whether `error` has one of these names as its `code`. */
export const hasCode = (error: unknown, ...codes: string[]): boolean =>
  error instanceof Error && codes.includes((error as { code?: string }).code ?? '');

/** Awaits `promise`; these errnos count as success. For undo, and for "make it if it is not there". */
export async function tolerate<T>(codes: readonly string[], promise: Promise<T>): Promise<T | undefined> {
  try {
    return await promise;
  } catch (error) {
    if (hasCode(error, ...codes)) return undefined;
    throw error;
  }
}
