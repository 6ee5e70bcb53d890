/** Hands a client's stream to a worker over a socket pair, so that its bytes travel in no messages between threads. */
import { ApiError } from '../../../errors/api-error.ts';
import type { Kernel } from '../../../kernel/kernel.ts';
import { AF, SOCK } from '../../../syscalls/constants.ts';

/** Writes the stream into the socket that it gets, and closes that. */
export type Pass = (fd: number) => Promise<void>;

/** `work` gets the other end, and closes it. Throws what `work` throws, or why the stream could not be passed. */
export async function passedTo<T>(k: Kernel, pass: Pass, work: (fd: number) => Promise<T>): Promise<T> {
  const pair = await k.daemon.socketpair(AF.AF_UNIX, SOCK.SOCK_STREAM | SOCK.SOCK_CLOEXEC, 0, 8);
  // its failure is taken at once, because a rejection that nothing awaits yet would end the daemon
  const passing = pass(pair.readInt32LE(0)).then(
    () => undefined,
    (error: unknown) => error as Error,
  );
  const result = await work(pair.readInt32LE(4)).catch(async (error: unknown) => {
    const failed = await passing;
    throw failed instanceof ApiError ? failed : error;
  });
  const failed = await passing;
  if (failed) throw failed;
  return result;
}
