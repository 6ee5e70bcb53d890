/** Unpacks an archive into a directory of the daemon, in a worker. */
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { AF, O, SOCK } from '../../syscalls/constants.ts';
import { ApiError } from '../../errors/api-error.ts';
import type { Kernel } from '../../kernel/kernel.ts';
import '../../storage/archive/jobs.ts';
import type { WriteInput, WriteResult } from '../../storage/archive/write.ts';

/**
 * `pass` writes the archive into the socket that it gets, and closes that; it throws ApiError when its source fails.
 * `user`: the owner of everything.
 */
export async function unpackInto(
  k: Kernel,
  dir: string,
  pass: (fd: number) => Promise<void>,
  user?: string,
): Promise<WriteResult> {
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const root = openSync(dir, O.O_DIRECTORY | O.O_CLOEXEC);
  try {
    const pair = await k.daemon.socketpair(AF.AF_UNIX, SOCK.SOCK_STREAM | SOCK.SOCK_CLOEXEC, 0, 8);
    const input: WriteInput = { root, path: '/', body: pair.readInt32LE(4), keepsKinds: false, ...(user && { user }) };
    const [passed, written] = await Promise.allSettled([
      pass(pair.readInt32LE(0)),
      k.job<WriteResult>('archive-write', input),
    ]);
    // the reason why the archive is not whole; another error of its sender follows from one of the worker
    if (passed.status === 'rejected' && passed.reason instanceof ApiError) throw passed.reason;
    if (written.status === 'rejected') throw written.reason;
    if (passed.status === 'rejected') throw passed.reason;
    return written.value;
  } finally {
    closeSync(root);
  }
}
