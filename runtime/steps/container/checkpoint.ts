/** checkpoint: CRIU writes the processes of a running container into files. */
// links in /proc and the names of what CRIU wrote are read, and nothing is changed
import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { AT_FDCWD, O } from '../../syscalls/constants.ts';
import { MANIFEST, type Manifest } from '../../container/checkpoints.ts';
import type { Container } from '../../container/container.ts';
import { tolerate } from '../../kernel/errors.ts';
import type { Kernel } from '../../kernel/kernel.ts';
import { makeDirectories } from '../../kernel/make-directories.ts';
import { runCriu } from '../../kernel/process/criu.ts';
import { SIGCONT, SIGKILL } from '../../kernel/process/shim.ts';
import type { Phase } from '../../operation/step.ts';
import { mountRows, namespaceOf, statusField } from '../../watch/process.ts';

/** What is asked for. An undo after the daemon was killed has the same, from the container's record. */
export interface Checkpointing {
  readonly container: Container;
  /** the directory of the checkpoint, and its name until it is complete */
  readonly path: string;
  readonly partial: string;
  /** whether the container ends with it */
  readonly exits: boolean;
  readonly signal?: AbortSignal;
  /** called before the container is killed: no restart policy starts it again */
  ending?(): void;
}

const DUMP_MS = 300_000;
/** How long an undo waits until CRIU has let go of a process. */
const TRACED_MS = 20_000;
const RENAME_NOREPLACE = 1;
const FILES_SHOWN = 40;

const link = (path: string): string => {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
};

/** Binds with what is mounted below them, and control groups: their files do not belong to the container. */
function outsideMounts({ spec }: Container, pid: number): string[] {
  const isBind = ({ type, options }: Container['spec']['mounts'][number]) =>
    type === 'bind' || options.some((option) => option === 'bind' || option === 'rbind');
  const binds = spec.mounts.filter(isBind).map(({ destination }) => destination);
  const isBound = (target: string) => binds.some((one) => target === one || target.startsWith(`${one}/`));
  const rows = mountRows(pid).filter(({ target, type }) => isBound(target) || /^cgroup2?$/.test(type));
  return [...new Set(rows.map(({ target }) => target))];
}

function manifestOf(c: Container, pid: number): Manifest {
  const stdio = [0, 1, 2].map((fd) => link(`/proc/${pid}/fd/${fd}`));
  return { container: c.id, stdio, mounts: outsideMounts(c, pid) };
}

/** The network namespace stays Drydock's: it is named, and not dumped. */
function dumpArguments({ partial, exits }: Checkpointing, pid: number, mounts: readonly string[]): string[] {
  const net = namespaceOf(pid, 'net');
  const own = net !== namespaceOf('self', 'net');
  return [
    ...['dump', '-t', String(pid), '-D', partial, '-v2'],
    exits ? '--leave-stopped' : '--leave-running',
    '--manage-cgroups=ignore',
    ...['--network-lock=skip', '--tcp-established', '--file-locks', '--ext-unix-sk'],
    ...(own ? ['--external', `${net.replace(':', '')}:extRootNetNS`] : []),
    ...mounts.flatMap((place) => ['--external', `mnt[${place}]:${place}`]),
  ];
}

/** CRIU works from outside, as ptrace(2) allows it. After a daemon that was killed it may still be at work. */
async function letGo(k: Kernel, { container, exits }: Checkpointing): Promise<void> {
  const { pid } = container.live;
  const traced = () => pid !== undefined && !['', '0'].includes(statusField(pid, 'TracerPid'));
  for (const since = Date.now(); traced(); await sleep(20))
    if (Date.now() - since > TRACED_MS) throw new Error(`process ${pid} is still traced by CRIU`);
  if (!exits) return;
  for (const one of await container.cgroup.processes()) await tolerate(['ESRCH'], k.daemon.kill(one, SIGCONT));
}

/** False for a checkpoint of another container, which got the name in a directory that both use. */
function isOwn(path: string, { id }: Container): boolean {
  try {
    return (JSON.parse(readFileSync(join(path, MANIFEST), 'utf8')) as Partial<Manifest>).container === id;
  } catch {
    return false;
  }
}

const sizes = (dir: string): string[] =>
  readdirSync(dir)
    .slice(0, FILES_SHOWN)
    .map((name) => `${name} ${lstatSync(join(dir, name), { throwIfNoEntry: false })?.size ?? 0} bytes`);

export const checkpoint: Phase<Checkpointing> = {
  id: 'checkpoint',
  title: 'Make a checkpoint',
  steps: [
    {
      id: 'checkpoint.prepare',
      title: 'Make a directory for the files',
      explain: `The directory has another name until all files are in it, so a checkpoint is there completely or not at all.
A file in it says what will not be dumped: the pipes to the shim, and the places of mounts whose files are outside of the container. A restore has to put these back. See mkdir(2), "External mounts" in criu(8).`,
      async do(k, c) {
        makeDirectories(dirname(c.partial), 0o700);
        await k.removeTree(c.partial);
        await k.daemon.mkdirat(AT_FDCWD, c.partial, 0o700);
        const manifest = manifestOf(c.container, c.container.live.pid ?? 0);
        const file = join(c.partial, MANIFEST);
        await k.daemon.write_file(file, O.O_CREAT | O.O_EXCL, 0o600, `${JSON.stringify(manifest)}\n`);
        k.fact({ kind: 'file', key: file, value: `${manifest.mounts.length} mounts from outside` });
      },
      async undo(k, { partial }) {
        await k.removeTree(partial);
        k.fact({ kind: 'file', key: join(partial, MANIFEST), value: null });
      },
    },
    {
      id: 'checkpoint.dump',
      title: 'Write the processes down',
      explain: `CRIU stops each process with ptrace(2), reads its registers, memory map, open files and timers from /proc, and lets a small piece of code run inside it that hands over its memory.
Everything that only the kernel knows about the processes is in these files then. The network namespace is not: a restore gets a new one from Drydock, with the addresses of that time. See criu(8), ptrace(2), proc(5).`,
      async do(k, c) {
        const pid = c.container.live.pid ?? 0;
        const { mounts } = manifestOf(c.container, pid);
        const log = join(c.partial, 'dump.log');
        await runCriu({ args: dumpArguments(c, pid, mounts), log, limitMs: DUMP_MS, signal: c.signal });
        k.fact({ kind: 'file', key: join(c.partial, 'inventory.img'), value: 'the list of what was dumped' });
      },
      undo: letGo,
      inspect: async (_k, { partial }) => [{ title: partial, lines: sizes(partial) }],
    },
    {
      id: 'checkpoint.keep',
      title: 'Give the directory its name',
      explain: `One rename(2) makes it a checkpoint that can be listed. RENAME_NOREPLACE fails if another one has got the name meanwhile. See rename(2).`,
      async do(k, { partial, path }) {
        await k.daemon.renameat2(AT_FDCWD, partial, AT_FDCWD, path, RENAME_NOREPLACE);
        k.fact({ kind: 'file', key: path, value: 'checkpoint' });
      },
      async undo(k, { container, partial, path }) {
        if (!isOwn(path, container)) return;
        await tolerate(['ENOENT', 'EEXIST'], k.daemon.renameat2(AT_FDCWD, path, AT_FDCWD, partial, RENAME_NOREPLACE));
        k.fact({ kind: 'file', key: path, value: null });
      },
      inspect: async (_k, { path }) => [{ title: path, lines: sizes(path) }],
    },
    {
      id: 'checkpoint.end',
      title: 'End the processes',
      explain: `CRIU has left the processes stopped, so nothing has changed since their state was written down. SIGKILL ends them without letting them run once more. With \`--leave-running\` they go on instead, and this step is left out. See signal(7).`,
      when: ({ exits }) => exits,
      async do(k, c) {
        c.ending?.();
        await tolerate(['ESRCH'], k.daemon.pidfd_send_signal(c.container.live.pidfd ?? -1, SIGKILL, 0));
      },
    },
  ],
};
