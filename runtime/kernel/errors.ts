import { constants } from 'node:os';

/** Two errnos have a second name each; the manual pages use these. */
const second = new Set(['EWOULDBLOCK', 'ENOTSUP']);
const names = new Map(Object.entries(constants.errno).filter(([name]) => !second.has(name)).map(([name, number]) => [number, name]));

/** 2 → 'ENOENT'; errno(3). */
export const errnoName = (errno: number): string => names.get(errno) ?? (errno === 524 ? 'ENOTSUPP' : `E${errno}`);
export const errnoNumber = (name: string): number => (constants.errno as Record<string, number>)[name] ?? 0;

/** strerror(3) in the kernel's usual words, for messages that name a file. */
const words: Record<string, string> = {
  ENOENT: 'no such file or directory', EACCES: 'permission denied', EPERM: 'operation not permitted', EEXIST: 'file exists',
  ENOTDIR: 'not a directory', EISDIR: 'is a directory', EINVAL: 'invalid argument', ENOSPC: 'no space left on device', EBUSY: 'device or resource busy',
  ENOEXEC: 'exec format error', ENODEV: 'no such device', ELOOP: 'too many levels of symbolic links', E2BIG: 'argument list too long', EMFILE: 'too many open files',
  ENOMEM: 'cannot allocate memory', EROFS: 'read-only file system', ESRCH: 'no such process', ENOSYS: 'function not implemented', EOPNOTSUPP: 'operation not supported',
  EPIPE: 'the other side has gone', ERANGE: 'numerical result out of range', EXDEV: 'invalid cross-device link', ETXTBSY: 'text file busy', EMLINK: 'too many links',
  EADDRINUSE: 'address already in use', ENETUNREACH: 'network is unreachable', ENAMETOOLONG: 'file name too long', ETIMEDOUT: 'timed out', EIO: 'input/output error',
};
export const errnoText = (name: string): string => words[name] ?? name;

/** A system call that failed: which, for whom, why, and what to do about it. `code` is the errno's name, as in Node's own errors. */
export class SyscallError extends Error {
  readonly code: string;
  step?: string;
  constructor(readonly syscall: string, readonly errno: number, readonly line: string, readonly actor: string, readonly hint?: string) {
    const code = errnoName(errno);
    super(`${line}: ${errnoText(code)} (${code}, in the ${actor})${hint ? `; ${hint}` : ''}`);
    this.name = 'SyscallError';
    this.code = code;
  }
}

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
