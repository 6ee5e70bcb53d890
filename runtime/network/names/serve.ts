/** Starts the name server of a container: native/name-server.c. */
import { existsSync, readFileSync } from 'node:fs';
import { AF, AT_FDCWD, IPPROTO, O, SO_REUSEADDR, SOCK, SOL_SOCKET } from '../../syscalls/constants.ts';
import { hasCode, tolerate } from '../../kernel/errors.ts';
import type { Kernel } from '../../kernel/kernel.ts';
import { protectShim } from '../../kernel/process/oom-score.ts';
import type { InspectionSection } from '../../journal/inspection-section.ts';
import type { Connected } from '../driver.ts';
import { sockaddr } from '../ports/sockaddr.ts';
import { SERVER } from './redirect.ts';
import { readyPair, untilBegun } from '../begun.ts';
import { endServerProcess, nameServerPid, pidFile, tableFile } from './server-process.ts';
import { namedEndpoints, namesDirectory, networkLines, serverLines, type Upstream } from './table.ts';

/** Other users may open a file of the directory by its name: the server runs as nobody when it reads its tables. */
const DIRECTORY_MODE = 0o711;
export const TABLE_MODE = 0o644;
const BACKLOG = 64;
/** fcntl(2) */
const F_DUPFD_CLOEXEC = 1030;
const ONE = Buffer.from(new Int32Array([1]).buffer);
/** An unlikely port, and how many after it are tried: a program of a running container may have one. */
const FIRST_PORT = 40053;
const TRIES = 64;

/** Whether names are served inside: on a network that a user made. */
export const servesNames = ({ endpoints }: Pick<Connected, 'endpoints'>): boolean =>
  namedEndpoints(endpoints).length > 0;

async function bindAt(k: Kernel, pidfd: number, port: number, given: number[]): Promise<void> {
  for (const [type, protocol] of [
    [SOCK.SOCK_DGRAM, IPPROTO.IPPROTO_UDP],
    [SOCK.SOCK_STREAM, IPPROTO.IPPROTO_TCP],
  ] as const) {
    const fd = await k.daemon.socket_in(pidfd, AF.AF_INET, type | SOCK.SOCK_CLOEXEC, protocol);
    given.push(fd);
    // connections that an earlier server has closed keep no later one from its port
    if (type === SOCK.SOCK_STREAM) await k.daemon.setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, ONE);
    const note = `${SERVER}:${port}`;
    await k.run({ actor: 'daemon', name: 'bind', args: [fd, sockaddr(SERVER, port)], note });
  }
  await k.daemon.listen(given.at(-1)!, BACKLOG);
}

/** Sockets for datagrams and streams, with one port. Returns it. */
async function bindInside(k: Kernel, pidfd: number, given: number[]): Promise<number> {
  for (let port = FIRST_PORT; ; port++) {
    try {
      await bindAt(k, pidfd, port, given);
      return port;
    } catch (error) {
      if (!hasCode(error, 'EADDRINUSE') || port === FIRST_PORT + TRIES) throw error;
      await closeEach(k, given);
    }
  }
}

async function closeEach(k: Kernel, fds: number[]): Promise<void> {
  const failures: unknown[] = [];
  for (const fd of fds.splice(0)) await k.daemon.close(fd).catch((error: unknown) => failures.push(error));
  if (failures.length) throw failures[0];
}

/**
 * A pidfd of its own: the container may end meanwhile, its descriptor is closed then, and the number may be another
 * file's.
 */
async function ownPidfd(k: Kernel, c: Connected, given: number[]): Promise<number> {
  const { pidfd } = c.live;
  if (pidfd !== undefined) {
    const own = await k.daemon.fcntl(pidfd, F_DUPFD_CLOEXEC, 0);
    given.push(own);
    if (c.live.pidfd === pidfd) return own;
  }
  throw new Error(`container ${c.id.slice(0, 12)} has no process`);
}

/** `ready`: the server's end of a pair (../begun.ts), which is closed here. */
async function spawn(k: Kernel, c: Connected, ready: number): Promise<number> {
  const sockets: number[] = [];
  const given: number[] = [ready];
  try {
    const pidfd = await ownPidfd(k, c, given);
    c.live.namesPort = await bindInside(k, pidfd, sockets);
    given.push(await k.daemon.openat(AT_FDCWD, '/dev/null', O.O_RDWR | O.O_CLOEXEC, 0));
    const flags = O.O_PATH | O.O_DIRECTORY | O.O_CLOEXEC;
    given.push(await k.daemon.openat(AT_FDCWD, namesDirectory(c.settings.execRoot), flags, 0));
    const [nothing, directory] = given.slice(-2) as [number, number];
    // kept before anything else may fail, because the undo ends it by this
    return (c.live.namesPid = await k.spawnHelper(
      'name-server',
      [nothing, nothing, nothing, directory, pidfd, ...sockets, ready],
      c.id,
    ));
  } finally {
    await closeEach(k, [...sockets, ...given]);
  }
}

/** Its mode does not depend on the daemon's umask. */
async function makeDirectory(k: Kernel, path: string): Promise<void> {
  if (existsSync(path)) return;
  await tolerate(['EEXIST'], k.daemon.mkdirat(AT_FDCWD, path, DIRECTORY_MODE));
  await k.daemon.fchmodat(AT_FDCWD, path, DIRECTORY_MODE);
}

/** Nothing is done when an earlier endpoint has brought the server. */
export async function startNameServer(k: Kernel, c: Connected, upstream: Upstream, options: readonly string[]) {
  if (nameServerPid(c) !== undefined) return;
  // an earlier one that was killed, or that no pid file tells of
  if (existsSync(tableFile(c))) await endServerProcess(k, c);
  await makeDirectory(k, namesDirectory(c.settings.execRoot));
  const table = serverLines(upstream, options) + networkLines(c.endpoints);
  await k.daemon.write_file(tableFile(c), O.O_CREAT | O.O_TRUNC | O.O_NOFOLLOW, TABLE_MODE, Buffer.from(table));
  await k.daemon.fchmodat(AT_FDCWD, tableFile(c), TABLE_MODE);
  const [ready, theirs] = await readyPair(k);
  try {
    const pid = await spawn(k, c, theirs);
    await k.daemon.write_file(pidFile(c), O.O_CREAT | O.O_TRUNC, 0o600, `${pid}\n`);
    await protectShim(k, pid, c.settings.oomScores);
    await untilBegun(k, { name: 'name server', pid }, ready, () => (c.live.namesPid = undefined));
    k.fact({ kind: 'process', key: 'name-server', value: String(pid) });
  } finally {
    await k.daemon.close(ready);
  }
}

const attempt = (read: () => string): string => {
  try {
    return read();
  } catch {
    return ''; // it has ended
  }
};

export async function nameServerEvidence(_k: Kernel, c: Connected): Promise<InspectionSection[]> {
  const pid = nameServerPid(c);
  const status = pid === undefined ? '' : attempt(() => readFileSync(`/proc/${pid}/status`, 'utf8'));
  const wanted = ['Name', 'State', 'Uid', 'CapEff', 'VmRSS'];
  const file = (path: string): InspectionSection => ({
    title: path,
    lines: attempt(() => readFileSync(path, 'utf8'))
      .split('\n')
      .filter(Boolean),
  });
  return [
    {
      title: pid === undefined ? 'name server' : `name server, /proc/${pid}/status`,
      lines: status
        .split('\n')
        .filter((line) => wanted.some((name) => line.startsWith(`${name}:`)))
        .map((line) => line.replace(/\s+/g, ' ')),
    },
    file(tableFile(c)),
    ...namedEndpoints(c.endpoints).map(({ networkID }) => file(`${namesDirectory(c.settings.execRoot)}/${networkID!}`)),
  ];
}
