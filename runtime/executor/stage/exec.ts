/** A second process with a shim of its own enters the namespaces of a running container. */
import { AT_FDCWD, CLONE, O, PR } from '../../syscalls/constants.ts';
import type { Kernel } from '../../kernel/kernel.ts';
import { namespacesOf, rightsOf } from '../../kernel/process/inspect.ts';
import { giveOwnScore } from '../../kernel/process/oom-score.ts';
import type { Exec } from '../../container/container.ts';
import type { Spec } from '../../oci/spec.ts';
import { verdictsOf } from '../../oci/seccomp/verdicts.ts';
import { resolveUser } from '../../oci/user.ts';
import { cloneStage } from './create/process.ts';
import { endOwnShim, startOwnShim } from './own-shim.ts';
import { becomeSibling } from './create/namespaces.ts';
import { becomeUser, readInside, takeResolved, takeSessionKeyring } from './init/identity.ts';
import { stdioOf, takeNullInside } from './init/null.ts';
import { execute, findProgram } from './init/program.ts';
import { dropBounding, installSeccomp, setCapabilities, setLimits } from './init/rights.ts';
import { enterByChroot } from './init/root.ts';
import { handOverTerminal, openTerminal } from './init/terminal.ts';
import { enterDirectory } from './init/working-directory.ts';
import { leavesOut } from '../../container/leave-out.ts';
import type { Step } from '../../container/step.ts';

/** The namespaces that the first process has. The user namespace is entered separately, after the others. */
const ENTERED =
  CLONE.CLONE_NEWNS |
  CLONE.CLONE_NEWUTS |
  CLONE.CLONE_NEWIPC |
  CLONE.CLONE_NEWNET |
  CLONE.CLONE_NEWPID |
  CLONE.CLONE_NEWCGROUP;

/** The spec of the container with this process: see init/. */
const specOf = (e: Exec): Spec => ({ ...e.target.spec, process: e.process });
const hasOwn = (e: Exec, type: string) => e.target.spec.linux.namespaces.some((n) => n.type === type);

async function takeUser(k: Kernel, e: Exec): Promise<void> {
  const passwd = await readInside(k, '/etc/passwd');
  const group = await readInside(k, '/etc/group');
  const { username = '', groups } = e.process.user;
  takeResolved(e.process, resolveUser(username, passwd, group, groups));
  await becomeUser(k, e.process.user);
}

async function beBorn(k: Kernel, e: Exec): Promise<void> {
  await becomeSibling(k, e.live);
  if (e.process.terminal) await handOverTerminal(k, e, e.live.slave ?? -1);
  else await k.stage.setsid();
}

/**
 * The calls made after the filter is installed. If the user's profile refuses one of them, the process is born before
 * the filter.
 */
const BEHIND_FILTER = ['clone', 'setsid', 'ioctl', 'dup3', 'close', 'prctl'];
function bornLast({ target: { spec } }: Exec): boolean {
  const { seccomp } = spec.linux;
  return !seccomp || !verdictsOf(seccomp).refused.some((name) => BEHIND_FILTER.includes(name));
}

export const exec: Step<Exec>[] = [
  {
    id: 'exec.shim',
    title: 'Start a shim for it',
    explain: `The new process gets a parent of its own, which holds its terminal or pipes and notes how it ends: \`exec\` has its own exit code. See wait(2).`,
    async do(k, e) {
      await startOwnShim(k, e, e.target.settings.oomScores);
    },
    async undo(k, e) {
      await endOwnShim(k, e);
    },
  },
  {
    id: 'exec.clone3',
    title: 'Clone the process',
    explain: `A plain child of the shim, still outside: it shares every namespace with the host. See clone3(2).`,
    async do(k, e) {
      const stdio = e.process.terminal ? 0 : 1 | (e.stdin ? 2 : 0);
      const pid = await cloneStage(k, 0, stdio, e.target.cgroup.unified);
      e.live.pid = pid;
      await giveOwnScore(k, pid, e.process.oomScoreAdj ?? 0, e.target.settings.oomScores);
      e.live.pidfd = await k.daemon.pidfd_open(pid, 0);
    },
  },
  {
    id: 'exec.cgroup',
    title: 'Join the control group',
    explain: `First the group, so that the container's limits hold for this process too, and so that nothing escapes \`stop\`. See cgroups(7).`,
    when: (e) => !leavesOut(e.target, 'cgroup'),
    do: (k, e) => e.target.cgroup.join(k),
  },
  {
    id: 'exec.setns',
    title: 'Enter the namespaces',
    explain: `setns(2) with a pidfd of the container's first process enters all its namespaces at once.
It is the same call that nsenter(1) makes. From here on this process sees the container's mounts, network and name. The container's own /dev/null takes the place of the host's as stdin. See setns(2), pidfd_open(2), null(4).`,
    async do(k, e) {
      const pid = e.target.live.pid ?? 0;
      // setns(2) goes to the root of the mount namespace, which is not the container's root after a chroot
      const root = leavesOut(e.target, 'pivot-root')
        ? await k.stage.openat(AT_FDCWD, `/proc/${pid}/root`, O.O_PATH | O.O_DIRECTORY | O.O_CLOEXEC, 0)
        : undefined;
      const pidfd = await k.stage.pidfd_open(pid, 0);
      await k.stage.setns(pidfd, ENTERED | (hasOwn(e, 'time') ? CLONE.CLONE_NEWTIME : 0));
      if (root !== undefined) await enterByChroot(k, root);
      await takeNullInside(k, stdioOf(e.process, e.stdin));
      if (hasOwn(e, 'user')) await k.stage.setns(pidfd, CLONE.CLONE_NEWUSER);
      await k.stage.close(pidfd);
    },
    inspect: async (_k, e) => (e.live.pid ? [namespacesOf(e.live.pid)] : []),
  },
  {
    id: 'exec.terminal',
    title: 'Open a terminal',
    explain: `With -t another pseudo-terminal is opened in the container's devpts. The file ptmx there is checked before it is used, because the container may have put anything in its place. See pty(7).`,
    when: (e) => e.process.terminal,
    async do(k, e) {
      e.live.slave = await openTerminal(k, e, e.process.consoleSize, AT_FDCWD);
    },
  },
  {
    id: 'exec.rights',
    title: "Take on the container's limits and user",
    explain: `The same limits, user, capabilities and system call filter as the first process, and a session keyring that is not the daemon's: a process that exec adds must have no more rights than the container, unless --privileged gives it more. See capabilities(7), seccomp(2).`,
    async do(k, e) {
      await takeSessionKeyring(k, e.target.id);
      await setLimits(k, e.process, e.live.pid ?? 0);
      await dropBounding(k, e.process);
      await takeUser(k, e);
      await enterDirectory(k, e.process.cwd);
      e.live.program = await findProgram(k, e.process);
      if (!bornLast(e)) await beBorn(k, e);
      if (e.process.noNewPrivileges) await k.stage.prctl(PR.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
      await installSeccomp(k, specOf(e));
      await setCapabilities(k, e.process);
    },
    inspect: async (_k, e) => (e.live.pid ? [rightsOf(e.live.pid)] : []),
  },
  {
    id: 'exec.enter-pid-namespace',
    title: 'Be born into the pid namespace',
    explain: `A process never changes its own pid namespace; setns(2) only decides where its children are born. So it clones itself once more, and the child goes on, in a session of its own. CLONE_PARENT makes the shim the child's parent.
It comes last: from here on the container's processes see it, and one that has CAP_SYS_PTRACE could have taken it over while it still had root's rights. See pid_namespaces(7), clone(2), ptrace(2), setsid(2).`,
    when: bornLast,
    do: beBorn,
    inspect: async (_k, e) => (e.live.pid ? [namespacesOf(e.live.pid)] : []),
  },
  {
    id: 'exec.execve',
    title: 'Execute the program',
    explain: `As in the first process: the stage becomes the program, and its socket closes. See execve(2).`,
    async do(k, e) {
      await e.live.listen?.(k);
      await execute(k, e.process, e.live.program ?? e.process.args[0] ?? '');
      e.live.startedAt = Date.now();
      await k.shim.release();
    },
  },
];
