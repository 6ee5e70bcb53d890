import { dirname } from 'node:path';
import { AF, AT_FDCWD, CLONE, O, SOCK } from '../../../syscalls/constants.ts';
import { tolerate } from '../../../kernel/errors.ts';
import type { Kernel } from '../../../kernel/kernel.ts';
import { birthFacts } from '../../../kernel/process/facts.ts';
import { treeOf } from '../../../kernel/process/inspect.ts';
import { giveOwnScore, protectShim } from '../../../kernel/process/oom-score.ts';
import { endShim, shimOf } from '../../../kernel/process/shim.ts';
import { comesFromCheckpoint } from '../../../container/checkpoints.ts';
import type { Container } from '../../../container/container.ts';
import type { LogTarget } from '../../../container/logs/driver.ts';
import type { Settings } from '../../../data-root/settings.ts';
import type { Step } from '../../../container/step.ts';
import { sendToSyslog } from './syslog.ts';
import { unixAddress } from './unix-address.ts';

/** socketpair(2) of SOCK_SEQPACKET: [the daemon's end, the other end]. */
export async function socketPair(k: Kernel): Promise<[number, number]> {
  const pair = await k.daemon.socketpair(AF.AF_UNIX, SOCK.SOCK_SEQPACKET | SOCK.SOCK_CLOEXEC, 0, 8);
  return pair.length < 8 ? [0, 0] : [pair.readInt32LE(0), pair.readInt32LE(4)];
}

/** Closes all of them, because a descriptor is free after close(2), even after an error. Throws the first failure. */
async function closeAll(k: Kernel, fds: readonly number[]): Promise<void> {
  const failures: unknown[] = [];
  for (const fd of fds) await k.daemon.close(fd).catch((error: unknown) => failures.push(error));
  if (failures.length) throw failures[0];
}

interface ShimOptions {
  oomScores?: Settings['oomScores'];
}

/**
 * Starts a shim with the descriptors that native/shim.c lists. It gets the log's directory and limits only when the
 * files are rotated. Descriptors for the shim alone are closed here afterwards.
 */
export async function startShim(
  k: Kernel,
  c: Pick<Container, 'paths' | 'live'>,
  label: string,
  { path, limits }: LogTarget,
  { oomScores }: ShimOptions = {},
): Promise<void> {
  const given: number[] = [];
  const give = (fd: number) => (given.push(fd), fd);
  const pair = async (end: 'shimSocket' | 'stageSocket') => {
    const [ours, theirs] = await socketPair(k);
    c.live[end] = ours;
    return give(theirs);
  };
  try {
    const controlEnd = await pair('shimSocket');
    const stageEnd = await pair('stageSocket');
    const listen = give(await k.daemon.socket(AF.AF_UNIX, SOCK.SOCK_STREAM | SOCK.SOCK_CLOEXEC, 0));
    await tolerate(['ENOENT'], k.daemon.unlinkat(AT_FDCWD, c.paths.shimSocket, 0));
    await tolerate(['ENOENT'], k.daemon.unlinkat(AT_FDCWD, c.paths.exit, 0));
    await k.daemon.bind(listen, unixAddress(c.paths.shimSocket));
    await k.daemon.listen(listen, 8);
    const nothing = give(await k.daemon.openat(AT_FDCWD, '/dev/null', O.O_RDWR | O.O_CLOEXEC, 0));
    const log = give(await k.daemon.openat(AT_FDCWD, path, O.O_WRONLY | O.O_APPEND | O.O_CREAT | O.O_CLOEXEC, 0o600));
    const directory = give(await k.daemon.openat(AT_FDCWD, c.paths.runDir, O.O_DIRECTORY | O.O_CLOEXEC, 0));
    const logDirectory = limits
      ? [give(await k.daemon.openat(AT_FDCWD, dirname(path), O.O_DIRECTORY | O.O_CLOEXEC, 0))]
      : [];
    const stageExe = await k.executable('stage');
    c.live.shimPid = await k.spawnShim(
      [nothing, nothing, nothing, controlEnd, stageEnd, stageExe, listen, log, directory, ...logDirectory],
      label,
      ...(limits ? [String(limits.size), String(limits.files)] : []),
    );
    await k.daemon.write_file(`${c.paths.runDir}/shim.pid`, O.O_CREAT | O.O_TRUNC, 0o600, `${c.live.shimPid}\n`);
    await protectShim(k, c.live.shimPid, oomScores);
    c.live.shimPidfd = await k.daemon.pidfd_open(c.live.shimPid, 0);
  } finally {
    await closeAll(k, given);
  }
  k.connect('shim', c.live.shimSocket ?? -1);
  k.connect('stage', c.live.stageSocket ?? -1);
}

/** Closes the daemon's descriptors of a run. It may be called twice. */
export async function closeLive(k: Kernel, live: Container['live']): Promise<void> {
  for (const key of ['stageSocket', 'shimSocket', 'pidfd'] as const) {
    const fd = live[key];
    live[key] = undefined;
    if (fd !== undefined) await tolerate(['EBADF'], k.daemon.close(fd));
  }
}

/** Clones the stage into the unified group, if there is one. A container of an older Drydock may have none. */
export async function cloneStage(
  k: Kernel,
  flags: number,
  stdio: number,
  unified: string | undefined,
): Promise<number> {
  const cloned =
    unified &&
    (await k.batch((shim) => {
      const group = shim.openat(AT_FDCWD, unified, O.O_PATH | O.O_DIRECTORY | O.O_CLOEXEC, 0).mayFail('ENOENT');
      const pid = shim.clone3_stage(flags, stdio, group);
      shim.close(group);
      return pid;
    }, 'shim'));
  if (!cloned || !cloned.reply) return k.shim.clone3_stage(flags, stdio, -1);
  k.fact({ kind: 'cgroup', key: `${unified}/cgroup.procs`, value: '0' });
  return cloned.reply.ret;
}

const hasNamespace = (c: Container, type: string) => c.spec.linux.namespaces.some((n) => n.type === type && !n.path);

/** native/shim.c: 1 means pipes for the output, 2 a pipe for stdin too. With a terminal the stage opens its own pty. */
const stdioOf = (c: Container) => (c.spec.process.terminal ? 0 : 1 | (c.stdin ? 2 : 0));

const inspectTree = (c: Container) => [shimOf(c)].flatMap((shim) => (shim === undefined ? [] : [treeOf(shim)]));

export const processSteps: Step[] = [
  {
    id: 'create.shim',
    title: 'Start the shim',
    explain: `The shim is a tiny process that will be the container's parent: it holds the terminal or the pipes, writes the log and notes how the container ended.
A process can only be waited for by its parent. If the daemon were the parent, every container would be lost when the daemon is restarted; so a parent of less than a megabyte stays with each container, and the daemon can be stopped and started again.
See wait(2), and PR_SET_CHILD_SUBREAPER in prctl(2).`,
    async do(k, c) {
      await startShim(k, c, c.id, c.log.target, { oomScores: c.settings.oomScores });
      await sendToSyslog(k, c);
      k.fact({ kind: 'process', key: 'shim', value: String(c.live.shimPid) });
    },
    async undo(k, c) {
      await closeLive(k, c.live);
      await endShim(k, c);
      k.fact(
        { kind: 'process', key: 'shim', value: null },
        { kind: 'process', key: 'init', value: null },
        { kind: 'process', key: 'init.inside', value: null },
      );
    },
    inspect: async (_k, c) => inspectTree(c),
  },
  {
    id: 'create.clone3',
    title: 'Clone the first process',
    explain: `clone3(2) makes the process that will become the container's program, and with CLONE_NEWPID it is number 1 in a new pid namespace.
A pid namespace can only be entered by being born into it, so this one comes with the clone; all others are broken away from step by step afterwards. Where a cgroup2 is mounted beside the hierarchies of version 1, the process is also born into the container's group there, because moving it later would wait for a lock of the whole kernel. For now it runs our stage, which does one system call at a time for the daemon and then waits: stop here as long as you like, and look at it from outside.
Without the namespace it would see, and could signal, every process of the host. See clone3(2), pid_namespaces(7).`,
    async do(k, c) {
      const flags = hasNamespace(c, 'pid') && !comesFromCheckpoint(c, 'pid') ? CLONE.CLONE_NEWPID : 0;
      const pid = await cloneStage(k, flags, stdioOf(c), c.cgroup.unified);
      c.live.pid = pid;
      await giveOwnScore(k, pid, c.spec.process.oomScoreAdj ?? 0, c.settings.oomScores);
      c.live.pidfd = await k.daemon.pidfd_open(pid, 0);
      k.fact(...birthFacts(pid));
    },
    inspect: async (_k, c) => inspectTree(c),
  },
];
