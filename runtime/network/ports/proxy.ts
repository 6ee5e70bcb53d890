/** Starts the port proxy of a container: native/port-proxy.c. */
import { AT_FDCWD, O } from '../../syscalls/constants.ts';
import type { Kernel } from '../../kernel/kernel.ts';
import { protectShim } from '../../kernel/process/oom-score.ts';
import type { Connection } from '../driver.ts';
import { isSix } from '../ipam/family.ts';
import { readyPair, untilBegun } from '../begun.ts';
import type { PortSocket } from '../port.ts';
import { closePortSockets } from './bind.ts';
import { protocolNumbers } from './protocol-numbers.ts';
import { pidFile } from './proxy-process.ts';
import { sockaddr } from './sockaddr.ts';

const MFD_CLOEXEC = 1;
const TARGET = 32;

/** struct target of native/port-state.h: where the packets of a socket go. */
function target({ port: { protocol, port } }: PortSocket, address: string, hold: boolean): Buffer {
  const to = sockaddr(address, port);
  const bytes = Buffer.alloc(TARGET);
  bytes.writeUInt8(protocolNumbers[protocol], 0);
  bytes.writeUInt8(Number(hold), 1);
  bytes.writeUInt8(to.length, 2);
  to.copy(bytes, 4);
  return bytes;
}

/** `ready`: the proxy's end of a pair. */
async function spawn(k: Kernel, { container, endpoint }: Connection, ready: number): Promise<number> {
  const { pidfd, portSockets: sockets = [] } = container.live;
  const { address = endpoint.address6, address6 } = endpoint;
  if (pidfd === undefined || !address)
    throw new Error(`container ${container.id.slice(0, 12)} has no process or no address yet`);
  const given: number[] = [];
  try {
    given.push(await k.daemon.openat(AT_FDCWD, '/dev/null', O.O_RDWR | O.O_CLOEXEC, 0));
    given.push(await k.daemon.memfd_create('targets', MFD_CLOEXEC));
    const [nothing, targets] = given as [number, number];
    await k.daemon.write(
      targets,
      Buffer.concat(
        sockets.map((one) =>
          target(one, (isSix(one.port.hostIp) && address6) || address, container.settings.userlandProxy === false),
        ),
      ),
    );
    const fds = [nothing, nothing, nothing, ready, targets, pidfd, ...sockets.map(({ fd }) => fd)];
    // kept before anything else may fail, because the undo ends it by this
    return (container.live.proxyPid = await k.spawnHelper('port-proxy', fds, container.id));
  } finally {
    await closeEach(k, given);
  }
}

async function closeEach(k: Kernel, fds: readonly number[]): Promise<void> {
  const failures: unknown[] = [];
  for (const fd of fds) await k.daemon.close(fd).catch((error: unknown) => failures.push(error));
  if (failures.length) throw failures[0];
}

/** Starts the proxy with the sockets that bindPorts has bound, and closes the daemon's own descriptors of them. */
export async function startProxy(k: Kernel, it: Connection): Promise<void> {
  const { container } = it;
  const [ready, theirs] = await readyPair(k);
  try {
    const pid = await spawn(k, it, theirs).finally(() => k.daemon.close(theirs));
    await k.daemon.write_file(pidFile(container), O.O_CREAT | O.O_TRUNC, 0o600, `${pid}\n`);
    await protectShim(k, pid, container.settings.oomScores);
    const proxy = { name: 'port proxy', pid };
    await untilBegun(k, proxy, ready, () => (container.live.proxyPid = undefined));
    k.fact({ kind: 'process', key: 'port-proxy', value: String(pid) });
    await closePortSockets(k, container.live);
  } finally {
    await k.daemon.close(ready);
  }
}
