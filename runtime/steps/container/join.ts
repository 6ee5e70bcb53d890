/** exec: a second process enters the namespaces of a running container. */
import { AT_FDCWD, CLONE, O, PR } from '../../syscalls/constants.ts';
import { tolerate } from '../../kernel/errors.ts';
import type { Kernel } from '../../kernel/kernel.ts';
import { namespacesOf, rightsOf } from '../../kernel/process/inspect.ts';
import { giveOwnScore } from '../../kernel/process/oom-score.ts';
import { endShim, SIGKILL } from '../../kernel/process/shim.ts';
import type { ContainerPaths, Container, Live } from '../../container/container.ts';
import type { Process, Spec } from '../../oci/spec.ts';
import { verdictsOf } from '../../oci/seccomp/verdicts.ts';
import { resolveUser } from '../../oci/user.ts';
import { cloneStage, closeLive, startShim } from './create/process.ts';
import { becomeSibling } from './create/namespaces.ts';
import { becomeUser, readInside, takeResolved, takeSessionKeyring } from './exec/identity.ts';
import { stdioOf, takeNullInside } from './exec/null.ts';
import { execute, findProgram } from './exec/program.ts';
import { dropBounding, installSeccomp, setCapabilities, setLimits } from './exec/rights.ts';
import { enterByChroot } from './exec/root.ts';
import { handOverTerminal, openTerminal } from './exec/terminal.ts';
import { enterDirectory } from './exec/working-directory.ts';
import { leavesOut } from '../../container/leave-out.ts';
import type { Phase } from '../../container/step.ts';

/** One `exec`: a new process with a shim of its own, in the namespaces of `target`. */
export interface Join {
  readonly id: string;
  readonly target: Container;
  readonly paths: ContainerPaths;
  readonly process: Process;
  readonly stdin: boolean;
  live: Live;
}

/** The namespaces that the first process has. The user namespace is entered separately, after the others. */
const ENTERED =
  CLONE.CLONE_NEWNS |
  CLONE.CLONE_NEWUTS |
  CLONE.CLONE_NEWIPC |
  CLONE.CLONE_NEWNET |
  CLONE.CLONE_NEWPID |
  CLONE.CLONE_NEWCGROUP;

/** The spec of the container with this process: see steps/exec. */
const specOf = (j: Join): Spec => ({ ...j.target.spec, process: j.process });
const hasOwn = (j: Join, type: string) => j.target.spec.linux.namespaces.some((n) => n.type === type);

async function takeUser(k: Kernel, j: Join): Promise<void> {
  const passwd = await readInside(k, '/etc/passwd');
  const group = await readInside(k, '/etc/group');
  const { username = '', groups } = j.process.user;
  takeResolved(j.process, resolveUser(username, passwd, group, groups));
  await becomeUser(k, j.process.user);
}

async function beBorn(k: Kernel, j: Join): Promise<void> {
  await becomeSibling(k, j.live);
  if (j.process.terminal) await handOverTerminal(k, j, j.live.slave ?? -1);
  else await k.stage.setsid();
}

/**
 * The calls made after the filter is installed. If the user's profile refuses one of them, the process is born before
 * the filter.
 */
const BEHIND_FILTER = ['clone', 'setsid', 'ioctl', 'dup3', 'close', 'prctl'];
function bornLast({ target: { spec } }: Join): boolean {
  const { seccomp } = spec.linux;
  return !seccomp || !verdictsOf(seccomp).refused.some((name) => BEHIND_FILTER.includes(name));
}

export const join: Phase<Join> = {
  id: 'join',
  title: 'Enter a running container',
  steps: [
    {
      id: 'join.shim',
      title: 'Start a shim for it',
      explain: `The new process gets a parent of its own, which holds its terminal or pipes and notes how it ends: \`exec\` has its own exit code. See wait(2).`,
      async do(k, j) {
        await tolerate(['EEXIST'], k.daemon.mkdirat(AT_FDCWD, j.paths.runDir, 0o700));
        await startShim(k, j, j.id, { path: j.paths.log }, { oomScores: j.target.settings.oomScores });
      },
      async undo(k, j) {
        // after execve(2) the program does not see the closed socket, and the container's cgroup remains, so the
        // process is killed here
        if (j.live.pidfd !== undefined)
          await tolerate(['ESRCH', 'EBADF'], k.daemon.pidfd_send_signal(j.live.pidfd, SIGKILL, 0));
        await closeLive(k, j.live);
        await endShim(k, j);
        await k.removeTree(j.paths.runDir);
      },
    },
    {
      id: 'join.clone3',
      title: 'Clone the process',
      explain: `A plain child of the shim, still outside: it shares every namespace with the host. See clone3(2).`,
      async do(k, j) {
        const stdio = j.process.terminal ? 0 : 1 | (j.stdin ? 2 : 0);
        const pid = await cloneStage(k, 0, stdio, j.target.cgroup.unified);
        j.live.pid = pid;
        await giveOwnScore(k, pid, j.process.oomScoreAdj ?? 0, j.target.settings.oomScores);
        j.live.pidfd = await k.daemon.pidfd_open(pid, 0);
      },
    },
    {
      id: 'join.cgroup',
      title: 'Join the control group',
      explain: `First the group, so that the container's limits hold for this process too, and so that nothing escapes \`stop\`. See cgroups(7).`,
      when: (j) => !leavesOut(j.target, 'cgroup'),
      do: (k, j) => j.target.cgroup.join(k),
    },
    {
      id: 'join.setns',
      title: 'Enter the namespaces',
      explain: `setns(2) with a pidfd of the container's first process enters all its namespaces at once.
It is the same call that nsenter(1) makes. From here on this process sees the container's mounts, network and name. The container's own /dev/null takes the place of the host's as stdin. See setns(2), pidfd_open(2), null(4).`,
      async do(k, j) {
        const pid = j.target.live.pid ?? 0;
        // setns(2) goes to the root of the mount namespace, which is not the container's root after a chroot
        const root = leavesOut(j.target, 'pivot-root')
          ? await k.stage.openat(AT_FDCWD, `/proc/${pid}/root`, O.O_PATH | O.O_DIRECTORY | O.O_CLOEXEC, 0)
          : undefined;
        const pidfd = await k.stage.pidfd_open(pid, 0);
        await k.stage.setns(pidfd, ENTERED | (hasOwn(j, 'time') ? CLONE.CLONE_NEWTIME : 0));
        if (root !== undefined) await enterByChroot(k, root);
        await takeNullInside(k, stdioOf(j.process, j.stdin));
        if (hasOwn(j, 'user')) await k.stage.setns(pidfd, CLONE.CLONE_NEWUSER);
        await k.stage.close(pidfd);
      },
      inspect: async (_k, j) => (j.live.pid ? [namespacesOf(j.live.pid)] : []),
    },
    {
      id: 'join.terminal',
      title: 'Open a terminal',
      explain: `With -t another pseudo-terminal is opened in the container's devpts. What is called ptmx there is looked at before it is used: the container may have put anything in its place. See pty(7).`,
      when: (j) => j.process.terminal,
      async do(k, j) {
        j.live.slave = await openTerminal(k, j, j.process.consoleSize, AT_FDCWD);
      },
    },
    {
      id: 'join.rights',
      title: "Take on the container's limits and user",
      explain: `The same limits, user, capabilities and system call filter as the first process, and a session keyring that is not the daemon's: whoever execs into a container must not be stronger than it, unless --privileged says so. See capabilities(7), seccomp(2).`,
      async do(k, j) {
        await takeSessionKeyring(k, j.target.id);
        await setLimits(k, j.process, j.live.pid ?? 0);
        await dropBounding(k, j.process);
        await takeUser(k, j);
        await enterDirectory(k, j.process.cwd);
        j.live.program = await findProgram(k, j.process);
        if (!bornLast(j)) await beBorn(k, j);
        if (j.process.noNewPrivileges) await k.stage.prctl(PR.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
        await installSeccomp(k, specOf(j));
        await setCapabilities(k, j.process);
      },
      inspect: async (_k, j) => (j.live.pid ? [rightsOf(j.live.pid)] : []),
    },
    {
      id: 'join.enter-pid-namespace',
      title: 'Be born into the pid namespace',
      explain: `A process never changes its own pid namespace; setns(2) only decides where its children are born. So it clones itself once more, and the child goes on, in a session of its own. CLONE_PARENT makes the shim the child's parent.
It comes last: from here on the container's processes see it, and one that has CAP_SYS_PTRACE could have taken it over while it still had root's rights. See pid_namespaces(7), clone(2), ptrace(2), setsid(2).`,
      when: bornLast,
      do: beBorn,
      inspect: async (_k, j) => (j.live.pid ? [namespacesOf(j.live.pid)] : []),
    },
    {
      id: 'join.execve',
      title: 'Execute the program',
      explain: `As in the first process: the stage becomes the program, and its socket closes. See execve(2).`,
      async do(k, j) {
        await j.live.listen?.(k);
        await execute(k, j.process, j.live.program ?? j.process.args[0] ?? '');
        j.live.startedAt = Date.now();
        await k.shim.release();
      },
    },
  ],
};
