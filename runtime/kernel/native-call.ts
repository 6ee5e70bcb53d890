/** System calls made in this thread, for jobs: without gate, journal and promise, because a layer needs thousands. */
import { showCall } from '../syscalls/calls.ts';
import { SyscallError } from './errors.ts';
import { addon } from '../syscalls/native.ts';
import type { ArgsOf, SyscallName } from '../syscalls/syscalls.ts';

let numbers: Map<string, number> | undefined;

/** What the kernel returned, -errno on failure. For calls that return no bytes. */
export function tryCall<N extends SyscallName>(name: N, ...args: ArgsOf<N>): number {
  numbers ??= new Map(
    addon()
      .operations()
      .map(([op], index) => [op, index]),
  );
  const answer = addon().local(numbers.get(name)!, args);
  return Array.isArray(answer) ? answer[0] : answer;
}

/** For calls that return bytes: what the kernel returned, and the bytes. */
export function askCall<N extends SyscallName>(name: N, ...args: ArgsOf<N>): { ret: number; bytes: Buffer } {
  numbers ??= new Map(
    addon()
      .operations()
      .map(([op], index) => [op, index]),
  );
  const answer = addon().local(numbers.get(name)!, args);
  return Array.isArray(answer) ? { ret: answer[0], bytes: answer[1] } : { ret: answer, bytes: Buffer.alloc(0) };
}

/** Like tryCall, but throws SyscallError on failure. */
export function call<N extends SyscallName>(name: N, ...args: ArgsOf<N>): number {
  const ret = tryCall(name, ...args);
  if (ret < 0) throw new SyscallError(name, -ret, showCall(name, args), 'daemon');
  return ret;
}

/** fcntl(2): the lowest free descriptor from the argument on, with FD_CLOEXEC. */
const F_DUPFD_CLOEXEC = 1030;
/** Another descriptor of the same open file, for another thread. */
export const duplicate = (fd: number): number => call('fcntl', fd, F_DUPFD_CLOEXEC, 3);

/**
 * A name in the form for the addon. Names have one character a byte (tar-header.ts); non-ASCII ones are passed as
 * bytes.
 */
export const nameBytes = (name: string): string | Buffer =>
  /^[\x01-\x7f]*$/.test(name) ? name : Buffer.from(name, 'latin1');
