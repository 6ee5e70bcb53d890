/** cp: files go into a container or come out of it, as an archive. */
import { AF, AT_FDCWD, O, SOCK } from '../../syscalls/constants.ts';
import { ApiError } from '../../errors/api-error.ts';
import type { Container } from '../../container/container.ts';
import type { Phase } from '../../operation/step.ts';
import { tolerate } from '../../kernel/errors.ts';
import type { Kernel } from '../../kernel/kernel.ts';
import { mountsOf } from '../../kernel/process/inspect.ts';
import type { PathInput, PathStat } from '../../storage/archive/path-stat.ts';
import type { WriteInput, WriteResult } from '../../storage/archive/write.ts';

/** An archive that comes from a client. */
export interface Receiving extends Pick<WriteInput, 'keepsKinds' | 'user'> {
  /** writes it into this socket, and closes that */
  pass(fd: number): Promise<void>;
}

/** What is asked for, and what the steps find. */
export interface Copying {
  /** the container, or the stand-in that reach.ts has mounted */
  readonly container: Container;
  /** true for the stand-in: its root is a descriptor of the stage */
  readonly stopped: boolean;
  readonly path: string;
  /** a descriptor of the daemon: the container's root */
  root?: number | undefined;
  found?: PathStat;
  /** set to read: sends the archive to the client */
  send?(found: PathStat, input: PathInput): Promise<void>;
  /** set to write */
  receive?: Receiving;
  /** set to write: throws ApiError when the place may not be written to */
  mayWrite?(path: string): void;
}

/** The path of the root in its mount namespace: after pivot_root(2) it is /. */
const prefixOf = ({ container, stopped }: Copying) => (stopped ? container.paths.rootfs : '');
const inputOf = (c: Copying): PathInput => ({ root: c.root ?? -1, prefix: prefixOf(c), path: c.path });

/** A pair of connected stream sockets: [the daemon's end, the worker's end]. */
async function streamPair(k: Kernel): Promise<[number, number]> {
  const pair = await k.daemon.socketpair(AF.AF_UNIX, SOCK.SOCK_STREAM | SOCK.SOCK_CLOEXEC, 0, 8);
  return [pair.readInt32LE(0), pair.readInt32LE(4)];
}

export const cp: Phase<Copying> = {
  id: 'cp',
  title: 'Copy files',
  steps: [
    {
      id: 'cp.open-root',
      title: "Open the container's root",
      explain: `/proc/PID/root of the container's first process is its root as it sees it itself: with its volumes, its binds and its tmpfs. For a stopped container it is the tree that was just mounted.
All paths are resolved from this descriptor. A path below the data root of the host would show neither the layers nor the volumes. See proc(5), pidfd_getfd(2).`,
      async do(k, c) {
        const { live } = c.container;
        c.root = c.stopped
          ? await k.daemon.pidfd_getfd(live.pidfd ?? -1, live.rootfd ?? -1, 0)
          : await k.daemon.openat(AT_FDCWD, `/proc/${live.pid}/root`, O.O_PATH | O.O_DIRECTORY | O.O_CLOEXEC, 0);
      },
      async undo(k, c) {
        const { root } = c;
        c.root = undefined;
        if (root !== undefined) await tolerate(['EBADF'], k.daemon.close(root));
      },
      inspect: async (_k, { container: { live } }) => (live.pid ? [mountsOf(live.pid)] : []),
    },
    {
      id: 'cp.look',
      title: 'Look the path up',
      explain: `openat2(2) with RESOLVE_IN_ROOT resolves the path as the container would: its root is /, \`..\` stops there, and a link to /etc/passwd means the container's file.
The container may exchange a directory for a link at any moment. If the daemon looked the path up by itself, name by name, such a link could lead it to a file of the host between two looks. See openat2(2), symlink(7).`,
      when: (c) => c.receive === undefined,
      async do(k, c) {
        c.found = await k.job<PathStat>('archive-stat', inputOf(c));
        k.fact({ kind: 'file', key: c.path, value: `${c.found.size} bytes` });
      },
    },
    {
      id: 'cp.send',
      title: 'Archive what is there',
      explain: `A worker reads the file or the whole tree, and sends it as a tar archive: names, owners, modes, times, links and extended attributes travel with the data.
Files of the kernel's own file systems, as in /proc, are not read: they are made while they are read, and some have no end. See the POSIX specification of pax, tar(5).`,
      when: (c) => c.send !== undefined,
      async do(_k, c) {
        if (c.found) await c.send?.(c.found, inputOf(c));
      },
    },
    {
      id: 'cp.receive',
      title: 'Unpack the archive',
      explain: `A worker creates the entries of the archive in the directory. Each name is created below a descriptor of its directory, and that directory is resolved by the kernel in the container's root.
An archive may hold \`../../etc/passwd\`, or a link and then a file that goes through it. Neither reaches a file of the host. See openat2(2), tar(5).`,
      when: (c) => c.receive !== undefined,
      async do(k, c) {
        const { receive } = c;
        if (!receive) return;
        const target = await k.job<string | undefined>('archive-target', inputOf(c));
        if (target === undefined) throw new ApiError(500, 'extraction point is not a directory');
        c.mayWrite?.(target);
        const { keepsKinds, user } = receive;
        const [ours, theirs] = await streamPair(k);
        const input: WriteInput = {
          root: c.root ?? -1,
          path: c.path,
          body: theirs,
          keepsKinds,
          ...(user && { user }),
        };
        const passing = receive.pass(ours);
        const { entries } = await k
          .job<WriteResult>('archive-write', input)
          .finally(() => passing.catch(() => undefined));
        await passing;
        k.fact({ kind: 'file', key: c.path, value: `${entries} entries` });
      },
    },
  ],
};
