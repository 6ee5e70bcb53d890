/**
 * The only door to the operating system. `linux.ts` is real, `recording.ts` records the calls and injects errnos for
 * tests.
 */
import type { Fact } from '../journal/event.ts';
import type { Call, Calls, Reply } from '../syscalls/calls.ts';
import type { HttpRequest, HttpResponse } from './http.ts';
import type { Together } from './batch.ts';

export interface Kernel {
  readonly daemon: Calls;
  readonly shim: Calls;
  readonly stage: Calls;
  /** The same with a note for the journal. Throws SyscallError. */
  run(call: Call): Promise<Reply>;
  /**
   * Calls of the stage that need no decision in between, written down by `write` and made in its order; gives what
   * `write` returned. See together.ts.
   */
  together<T>(write: (stage: Together) => T): Promise<T>;
  /** From now on `actor` is whoever listens on this end of a SOCK_SEQPACKET pair. */
  connect(actor: 'shim' | 'stage', fd: number): void;
  /**
   * posix_spawn(3) of the shim with exactly these descriptors as 0, 1, 2, …; `label` is what ps(1) shows. Returns its
   * pid.
   */
  spawnShim(fds: readonly number[], label: string): Promise<number>;
  /** A sealed memfd of one of our executables, made once per daemon. */
  executable(name: 'stage' | 'shim'): Promise<number>;
  /** Resolves when the gate lets this request pass: before the request's own time limits begin. */
  requesting(method: string, url: string): Promise<void>;
  /** An HTTP request (http.ts), journaled with its status and duration. Network failures throw errors with `code`. */
  fetch(url: string, request?: HttpRequest): Promise<HttpResponse>;
  /** A long job off the main thread (runtime/kernel/jobs.ts), journaled as one event. */
  job<T>(name: string, input: unknown): Promise<T>;
  /** Like rm -rf: never follows a link, absent is fine. */
  removeTree(path: string): Promise<void>;
  /**
   * Calls back on the event loop each time the daemon's descriptor can be read, until what it returns is called; then
   * close it.
   */
  readable(fd: number, callback: () => void): () => void;
  /** What the kernel says now, into the journal. */
  fact(...facts: Fact[]): void;
}
