/**
 * A start from a checkpoint: instead of becoming the program, the stage executes CRIU, which makes the processes again.
 *
 *   shim ─ stage in the new mount, network and cgroup namespace ─ execve ─ criu ─ clone3 ─ processes, stopped
 *   shim ───────────────────────────────────────────────────────── criu ends ──────────── processes, continued
 */
// the file in which CRIU says which process it has made
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { AT_FDCWD, O } from '../../../syscalls/constants.ts';
import type { Container, Restore } from '../../../container/container.ts';
import type { Step } from '../../../container/step.ts';
import { isOurs } from '../../../container/status.ts';
import { ApiError, conflict } from '../../../errors/api-error.ts';
import { tolerate } from '../../../kernel/errors.ts';
import { hierarchies } from '../../../kernel/cgroup/hierarchies.ts';
import type { Kernel } from '../../../kernel/kernel.ts';
import { criu, lastWords } from '../../../kernel/process/criu.ts';
import { birthFacts } from '../../../kernel/process/facts.ts';
import { rootOf, treeOf } from '../../../kernel/process/inspect.ts';
import { SIGCONT, SIGKILL } from '../../../kernel/process/shim.ts';

const RESTORE_MS = 120_000;
/** The first descriptor that CRIU gets: below are stdin, stdout, stderr and the stage's socket. */
const FIRST_FD = 30;
const PIDFILE = 'restore.pid';
const LOG = 'restore.log';

/** The path of the host for a place whose files are outside. Throws ApiError 409 for one that the container lacks. */
function outsideOf(c: Container, place: string): string {
  if (c.cgroup.version === 2 && place === '/sys/fs/cgroup') return place + c.cgroup.path;
  if (hierarchies().v1.some(({ mount }) => mount === place)) return place + c.cgroup.path;
  const above = c.spec.mounts
    .filter(({ destination }) => place === destination || place.startsWith(`${destination}/`))
    .sort((a, b) => b.destination.length - a.destination.length)[0];
  if (!above?.source.startsWith('/'))
    throw conflict(`the checkpoint has a mount at ${place}, and the container has none`);
  return above.source + place.slice(above.destination.length);
}

/** `fds`: the descriptor that CRIU has for each of these files, in pairs. */
function argumentsOf(
  c: Container,
  { directory, mounts }: Restore,
  fds: readonly (readonly [number, string])[],
): string[] {
  return [
    ...['criu', 'restore', '-D', directory, '-W', c.paths.runDir, '-o', LOG, '-v2', '--pidfile', PIDFILE],
    ...['--root', c.paths.rootfs, '--restore-detached', '--leave-stopped', '--manage-cgroups=ignore'],
    ...['--network-lock=skip', '--tcp-established', '--file-locks', '--ext-unix-sk'],
    ...fds.flatMap(([fd, file]) => ['--inherit-fd', `fd[${fd}]:${file}`]),
    ...mounts.flatMap((place) => ['--external', `mnt[${place}]:${outsideOf(c, place)}`]),
  ];
}

/** Copies that CRIU inherits: its own stdin, stdout and stderr it may close. */
async function giveDescriptors(k: Kernel, { stdio }: Restore): Promise<(readonly [number, string])[]> {
  const pipes = stdio.flatMap((file, fd) => (/^pipe:\[\d+\]$/.test(file) ? [[fd, file] as const] : []));
  const each = [...new Map(pipes.map(([fd, file]) => [file, fd]))];
  return k.batch((stage) => {
    const net = stage.openat(AT_FDCWD, '/proc/self/ns/net', O.O_CLOEXEC, 0);
    stage.dup3(net, FIRST_FD, 0);
    each.forEach(([, fd], j) => stage.dup3(fd, FIRST_FD + 1 + j, 0));
    return [[FIRST_FD, 'extRootNetNS'] as const, ...each.map(([file], j) => [FIRST_FD + 1 + j, file] as const)];
  });
}

/** Resolves when the process has ended, which its pidfd tells: pidfd_open(2). */
async function ended(k: Kernel, pidfd: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = await new Promise<boolean>((resolve) => {
    const stop = k.readable(pidfd, () => {
      stop();
      resolve(false);
    });
    timer = setTimeout(() => {
      stop();
      resolve(true);
    }, RESTORE_MS);
  });
  clearTimeout(timer);
  if (!late) return;
  await tolerate(['ESRCH'], k.daemon.pidfd_send_signal(pidfd, SIGKILL, 0));
  throw new ApiError(500, `criu did not end within ${RESTORE_MS / 1000} seconds, and was killed`);
}

/** The first process that CRIU has made, as the host numbers it. Throws ApiError 500 with the end of its log. */
function restoredPid(c: Container): number {
  let pid = 0;
  try {
    pid = Number(readFileSync(join(c.paths.runDir, PIDFILE), 'utf8').trim());
  } catch {
    // it failed before that
  }
  if (pid && isOurs(pid, c.id)) return pid;
  throw new ApiError(500, `criu failed: ${lastWords(join(c.paths.runDir, LOG)) || 'it said nothing'}`);
}

/** From now on the shim waits for this process. It is the shim's child, because its parent has ended: prctl(2). */
async function follow(k: Kernel, { live }: Container, pid: number): Promise<void> {
  await k.shim.watch_child(pid);
  const { pidfd } = live;
  Object.assign(live, { pid, pidfd: undefined });
  if (pidfd !== undefined) await k.daemon.close(pidfd);
  live.pidfd = await k.daemon.pidfd_open(pid, 0);
}

const isRestored: Step['when'] = (c) => c.restore !== undefined;
const inspect: Step['inspect'] = async (_k, c) => (c.live.pid ? [rootOf(c.live.pid), treeOf(c.live.pid)] : []);

/** The steps of a start that begins the program. */
export const unlessRestored = (steps: readonly Step[]): Step[] =>
  steps.map((step) => ({ ...step, when: (c) => c.restore === undefined && (step.when?.(c) ?? true) }));

export const restoreSteps: Step[] = [
  {
    id: 'init.restore-processes',
    title: 'Restore the processes from the checkpoint',
    explain: `The stage does not become the program: it executes CRIU, which clones the processes with their old pids into a new pid namespace, mounts what they had mounted, opens their files and fills their memory. They are born in the container's control group and network namespace, because the stage is in both.
CRIU leaves them stopped and ends. They go to the shim then, as orphans go to the nearest subreaper, and the shim waits for the first of them. Running ones could end before the shim knows which to wait for. See criu(8), PR_SET_CHILD_SUBREAPER in prctl(2).`,
    when: isRestored,
    async do(k, c) {
      const restore = c.restore!;
      const program = criu();
      const args = argumentsOf(c, restore, await giveDescriptors(k, restore));
      await k.stage.setsid();
      await c.live.listen?.(k);
      await k.stage.execve(program, args, [`PATH=${process.env['PATH'] ?? ''}`, 'LC_ALL=C']);
      await ended(k, c.live.pidfd ?? -1);
      await follow(k, c, restoredPid(c));
      k.fact(...birthFacts(c.live.pid ?? 0));
    },
    inspect,
  },
  {
    id: 'init.restore-continue',
    title: 'Let the processes go on',
    explain: `SIGCONT to each process of the control group: they go on with the instruction before which they were stopped when the checkpoint was made. The shim needs the daemon no longer. See signal(7).`,
    when: isRestored,
    async do(k, c) {
      for (const pid of await c.cgroup.processes()) await tolerate(['ESRCH'], k.daemon.kill(pid, SIGCONT));
      c.live.startedAt = Date.now();
      await k.shim.release();
    },
    inspect,
  },
];
