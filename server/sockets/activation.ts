/**
 * Sockets that the service manager has opened: sd_listen_fds(3).
 *
 *   LISTEN_PID   the process that they are for
 *   LISTEN_FDS   their number; the first is descriptor 3
 */
import { createServer } from 'node:net';
import { daemonKernel } from '../../runtime/kernel/linux/linux.ts';

const FIRST = 3;
/** fcntl(2) */
const F_SETFD = 2;
const FD_CLOEXEC = 1;
const F_DUPFD_CLOEXEC = 1030;

export interface ActivatedSocket {
  fd: number;
  /** false: a unix socket */
  tcp: boolean;
}

/** How many sockets this process has been given. */
function given(env: NodeJS.ProcessEnv): number {
  if (env['LISTEN_PID'] !== String(process.pid)) return 0;
  const count = Number(env['LISTEN_FDS']);
  return Number.isInteger(count) && count > 0 && count < 1024 ? count : 0;
}

/**
 * Whether a listening socket is TCP. Node says it of a server that listens. The server gets a copy of the descriptor,
 * and is closed before the event loop could accept a connection.
 */
async function isTcp(fd: number): Promise<boolean> {
  const copy = await daemonKernel().daemon.fcntl(fd, F_DUPFD_CLOEXEC, 0);
  const server = createServer();
  const failed = new Promise<never>((_resolve, reject) => server.once('error', reject));
  failed.catch(() => undefined);
  server.listen({ fd: copy });
  const tcp = typeof server.address() === 'object' && server.address() !== null;
  await Promise.race([failed, new Promise<void>((resolve) => server.close(() => resolve()))]);
  return tcp;
}

/**
 * Takes the sockets, and removes the variables. Call it before any process is started, because the descriptors are
 * inherited until then.
 */
export async function takeActivated(env = process.env): Promise<ActivatedSocket[]> {
  const fds = Array.from({ length: given(env) }, (_, i) => FIRST + i);
  for (const name of ['LISTEN_PID', 'LISTEN_FDS', 'LISTEN_FDNAMES']) delete env[name];
  const sockets: ActivatedSocket[] = [];
  for (const fd of fds) {
    await daemonKernel().daemon.fcntl(fd, F_SETFD, FD_CLOEXEC);
    sockets.push({ fd, tcp: await isTcp(fd) });
  }
  return sockets;
}

/** The sockets of fd://: all of them, or one. Throws Error where there is none. */
export function activated(all: readonly ActivatedSocket[], which: number | 'all'): readonly ActivatedSocket[] {
  if (!all.length)
    throw new Error(
      'no sockets found via socket activation: make sure that the service manager started this process, from a socket unit',
    );
  const sockets = which === 'all' ? all : all.filter(({ fd }) => fd === which);
  if (!sockets.length)
    throw new Error(`descriptor ${which} is none of the ${all.length} that the service manager gave`);
  return sockets;
}
