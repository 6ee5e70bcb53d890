/**
 * Tells the service manager the daemon's state: sd_notify(3).
 *
 *   NOTIFY_SOCKET   a datagram socket: an absolute path, or @name for an abstract one (unix(7))
 *   READY=1         the sockets listen
 *   STOPPING=1      the daemon is ending
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { hasCode } from '../../runtime/kernel/errors.ts';
import { daemonKernel } from '../../runtime/kernel/linux/linux.ts';
import { AF, SOCK } from '../../runtime/syscalls/constants.ts';

/** sizeof(sun_path) */
const SUN_PATH = 108;
/** send(2): the daemon's thread does not wait while the queue of the service manager is full */
const MSG_DONTWAIT = 0x40;
const MSG_NOSIGNAL = 0x4000;
const RETRIES = 50;
const RETRY_MS = 100;

export type Notify = (state: 'READY=1' | 'STOPPING=1') => Promise<void>;

/** struct sockaddr_un. An abstract name has no final NUL, because each byte of the length belongs to it. */
function address(name: string): Buffer {
  const path = Buffer.from(name.startsWith('@') ? `\0${name.slice(1)}` : `${name}\0`);
  if (!/^[/@]./.test(name) || path.length > SUN_PATH)
    throw new Error(`NOTIFY_SOCKET is ${JSON.stringify(name)}, neither an absolute path nor @name of ≤ 107 bytes`);
  return Buffer.concat([Buffer.from(Uint16Array.of(AF.AF_UNIX).buffer), path]);
}

async function send(name: string, state: string): Promise<void> {
  const { daemon } = daemonKernel();
  const to = address(name);
  const fd = await daemon.socket(AF.AF_UNIX, SOCK.SOCK_DGRAM | SOCK.SOCK_CLOEXEC, 0);
  try {
    for (let left = RETRIES; ; left--)
      try {
        await daemon.sendto(fd, Buffer.from(state), MSG_DONTWAIT | MSG_NOSIGNAL, to);
        return;
      } catch (error) {
        if (!hasCode(error, 'EAGAIN') || left === 0) throw error;
        await sleep(RETRY_MS);
      }
  } finally {
    await daemon.close(fd);
  }
}

/**
 * Takes the socket's name, and removes the variable, because shims and containers are not to speak for the daemon.
 * The result sends a state. A failure is a warning on stderr, because the daemon works without a service manager.
 */
export function takeNotify(env = process.env): Notify {
  const name = env['NOTIFY_SOCKET'];
  delete env['NOTIFY_SOCKET'];
  return async (state) => {
    if (!name) return;
    await send(name, state).catch((error: unknown) =>
      console.error(
        `drydock: warning: cannot tell the service manager ${state}: ${error instanceof Error ? error.message : String(error)}`,
      ),
    );
  };
}
