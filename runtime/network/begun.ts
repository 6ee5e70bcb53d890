/** Waits until a helper that was just spawned, name server or port proxy, is ready, and says why it ended instead. */
import { AF, SOCK } from '../syscalls/constants.ts';
import { tolerate } from '../kernel/errors.ts';
import type { Kernel } from '../kernel/kernel.ts';

const MSG_DONTWAIT = 0x40;
const PATIENCE_MS = 30_000;
const P_PID = 1;
const WEXITED = 4;
/** siginfo_t: sigaction(2) */
const SIGINFO = 128;
const SI_CODE = 8;
const SI_STATUS = 24;
const CLD_EXITED = 1;

/** enum failure of native/name-state.h, and RIGHTS_LEFT of native/port-proxy.c */
const WHY: Readonly<Record<number, string>> = {
  64: 'it was given no name',
  65: 'its table cannot be read',
  66: "it may not enter the container's network namespace",
  67: 'it cannot wait for events',
  68: 'it cannot give up its rights',
};

/** Two connected sockets: the daemon's, and the one that the helper writes a byte to. */
export async function readyPair(k: Kernel): Promise<[ours: number, theirs: number]> {
  const pair = await k.daemon.socketpair(AF.AF_UNIX, SOCK.SOCK_SEQPACKET | SOCK.SOCK_CLOEXEC, 0, 8);
  return [pair.readInt32LE(0), pair.readInt32LE(4)];
}

const something = (k: Kernel, fd: number): Promise<void> =>
  new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      close();
      resolve();
    };
    const timer = setTimeout(done, PATIENCE_MS);
    const close = k.readable(fd, done);
  });

async function howItEnded(k: Kernel, pid: number): Promise<string> {
  const info = await k.daemon.waitid(P_PID, pid, SIGINFO, WEXITED);
  const status = info.readInt32LE(SI_STATUS);
  if (info.readInt32LE(SI_CODE) !== CLD_EXITED) return `by signal ${status}`;
  return `with status ${status}: ${WHY[status] ?? "the container's first process has ended"}`;
}

export interface Begun {
  /** for messages: 'name server' */
  name: string;
  pid: number;
}

/**
 * `fd`: the daemon's end of a pair whose other end only the helper has. A helper that has ended is reaped, and `ended`
 * is called.
 */
export async function untilBegun(k: Kernel, { name, pid }: Begun, fd: number, ended: () => void): Promise<void> {
  await something(k, fd);
  const said = await tolerate(['EAGAIN'], k.daemon.recvfrom(fd, 1, MSG_DONTWAIT));
  if (said === undefined) throw new Error(`${name} ${pid} was not ready within ${PATIENCE_MS / 1000} s`);
  if (said.length) return;
  const how = await howItEnded(k, pid);
  ended();
  throw new Error(`${name} ${pid} ended ${how}`);
}
