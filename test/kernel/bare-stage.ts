/** A stage without a container, and raw messages for its socket: native/wire.h. */
import { AF, SOCK } from '../../runtime/syscalls/constants.ts';
import { LinuxKernel } from '../../runtime/kernel/linux/linux.ts';
import { addon, executablePath } from '../../runtime/syscalls/native.ts';

const ends: (() => Promise<void>)[] = [];
/** Ends all stages; called at the end of a test file. */
export async function endStages(): Promise<void> {
  for (const end of ends) await end();
}
export const k = new LinuxKernel();
export const failure = (promise: Promise<unknown>) =>
  promise.then(
    () => {
      throw new Error('it did not fail');
    },
    (error: unknown) => error as Error & { code?: string },
  );
export const numberOf = (name: string) =>
  addon()
    .operations()
    .findIndex(([op]) => op === name);

export async function pair(): Promise<[ours: number, theirs: number]> {
  const fds = await k.daemon.socketpair(AF.AF_UNIX, SOCK.SOCK_SEQPACKET | SOCK.SOCK_CLOEXEC, 0, 8);
  return [fds.readInt32LE(0), fds.readInt32LE(4)];
}
/** A stage without a container; it ends when our end of its socket is closed. */
export async function stage(): Promise<{ k: LinuxKernel; fd: number; pid: number; wait(): Promise<void> }> {
  const [ours, theirs] = await pair();
  const pid = addon().spawn(executablePath('stage'), ['stage'], [0, 1, 2, theirs]);
  await k.daemon.close(theirs);
  const kernel = new LinuxKernel();
  kernel.connect('stage', ours);
  let waited = false;
  const wait = async () => {
    if (waited) return;
    waited = true;
    await k.daemon.close(ours).catch(() => undefined);
    await k.daemon.waitid(1, pid, 128, 4);
  };
  ends.push(wait);
  return { k: kernel, fd: ours, pid, wait };
}

/** Encodes struct request of native/wire.h. */
export function request(op: number, args: readonly number[] = [], data: Buffer = Buffer.alloc(0), seq = 77): Buffer {
  const head = Buffer.alloc(64);
  head.writeUInt32LE(seq, 0);
  head.writeUInt16LE(op, 4);
  args.forEach((value, n) => head.writeBigInt64LE(BigInt(value), 16 + 8 * n));
  return Buffer.concat([head, data]);
}
/** Sends a message, which may be invalid, and returns the stage's reply. */
export async function ask(fd: number, message: Buffer): Promise<{ seq: number; ret: number; out: Buffer }> {
  await k.daemon.sendto(fd, message, 0, null);
  const reply = await k.daemon.recvfrom(fd, 128 * 1024, 0);
  return { seq: reply.readUInt32LE(0), ret: Number(reply.readBigInt64LE(8)), out: reply.subarray(24) };
}
