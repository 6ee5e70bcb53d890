/** Hands a client's stream to a worker over a socket pair, so that its bytes travel in no messages between threads. */
import type { Kernel } from '../../../kernel/kernel.ts';
import { AF, SOCK } from '../../../syscalls/constants.ts';

/** Writes the stream into the socket that it gets, and closes that. */
export type Pass = (fd: number) => Promise<void>;

/** `work` gets the other end, and closes it. Throws what `work` throws, and then what `pass` throws. */
export async function passedTo<T>(k: Kernel, pass: Pass, work: (fd: number) => Promise<T>): Promise<T> {
  const pair = await k.daemon.socketpair(AF.AF_UNIX, SOCK.SOCK_STREAM | SOCK.SOCK_CLOEXEC, 0, 8);
  const passing = pass(pair.readInt32LE(0));
  const result = await work(pair.readInt32LE(4)).finally(() => passing.catch(() => undefined));
  await passing;
  return result;
}
