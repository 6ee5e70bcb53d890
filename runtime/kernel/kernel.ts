/**
 * All access to the operating system. linux/linux.ts is the real implementation; recording.ts records the calls and
 * returns chosen errnos, for tests.
 */
import type { Fact } from '../journal/event.ts';
import type { Call, Calls, Reply } from '../syscalls/calls.ts';
import type { HelperProgram, Program } from '../syscalls/native.ts';
import type { HttpRequest, HttpResponse } from './http.ts';
import type { BatchActor, BatchCalls } from './batch.ts';

export interface Kernel {
  readonly daemon: Calls;
  readonly shim: Calls;
  readonly stage: Calls;
  /** Makes one call; it may carry a note for the journal. Throws SyscallError. */
  run(call: Call): Promise<Reply>;
  /**
   * Makes calls of the stage, or of `actor`, that need no decision in between: `write` writes them down, and they are
   * made in that order (batch.ts). Returns what `write` returned.
   */
  batch<T>(write: (calls: BatchCalls) => T, actor?: BatchActor): Promise<T>;
  /** Sets the socket of `actor`: calls to it go over this end of a SOCK_SEQPACKET pair. */
  connect(actor: 'shim' | 'stage', fd: number): void;
  /**
   * posix_spawn(3) of the shim, with exactly these descriptors as 0, 1, 2, …, and with these arguments (native/shim.c).
   * Returns the pid.
   */
  spawnShim(fds: readonly number[], ...args: string[]): Promise<number>;
  /** The same for a helper: ps(1) shows 'drydock-port-proxy' and the label. */
  spawnHelper(name: HelperProgram, fds: readonly number[], label: string): Promise<number>;
  /** The descriptor of a sealed memfd with one of Drydock's executables. It is made once per daemon. */
  executable(name: Program): Promise<number>;
  /** A NETLINK_NETFILTER socket in the daemon's network namespace that no other caller has until it is returned. */
  borrowNetfilter(): Promise<number>;
  /** `whole`: every reply was read, so that another caller can have the socket. */
  returnNetfilter(fd: number, whole: boolean): void;
  /** Resolves when the gate lets this request pass. The request's own time limits begin after that. */
  requesting(method: string, url: string): Promise<void>;
  /** Makes an HTTP request (http.ts) and journals status and duration. Network failures throw errors with `code`. */
  fetch(url: string, request?: HttpRequest): Promise<HttpResponse>;
  /** Runs a long job outside the main thread (jobs.ts). The journal has one event for it. */
  job<T>(name: string, input: unknown): Promise<T>;
  /** Like rm -rf: follows no link; a missing path is no error. */
  removeTree(path: string): Promise<void>;
  /**
   * Runs `callback` on the event loop each time the daemon's descriptor can be read, until the returned function is
   * called. Close the descriptor only after that.
   */
  readable(fd: number, callback: () => void): () => void;
  /** Writes facts into the journal: what the kernel reports at this moment. */
  fact(...facts: Fact[]): void;
}
