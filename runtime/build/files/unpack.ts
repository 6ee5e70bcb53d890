/** Unpacks an archive into a directory of the daemon, in a worker. */
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { AF, O, SOCK } from '../../syscalls/constants.ts';
import type { Kernel } from '../../kernel/kernel.ts';
import '../../storage/archive/jobs.ts';
import type { WriteInput, WriteResult } from '../../storage/archive/write.ts';

/** `pass` writes the archive into the socket that it gets, and closes that. `user`: the owner of everything. */
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
    const passing = pass(pair.readInt32LE(0));
    // a rejection that nothing awaits yet would end the daemon
    passing.catch(() => undefined);
    const result = await k.job<WriteResult>('archive-write', input).finally(() => passing.catch(() => undefined));
    await passing;
    return result;
  } finally {
    closeSync(root);
  }
}
