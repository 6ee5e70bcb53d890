/**
 * A container without its own control group, because the step was left out on purpose (runtime/container/leave-out.ts).
 * Its processes are found by their mounts.
 */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import type { Cgroup } from './cgroup.ts';
import { killAll } from './kill.ts';

function attempt(read: () => string): string {
  try {
    return read();
  } catch {
    return ''; // the process has exited
  }
}
const namespaceOf = (pid: number | 'self') => attempt(() => readlinkSync(`/proc/${pid}/ns/pid`));

/**
 * All processes in the pid namespaces of those processes that have the container's layer mounted, except the daemon's
 * own namespace. A process before that mount is the stage, which dies with its shim.
 */
function processesWith(mark: string): number[] {
  const pids = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
  const spaces = new Map(pids.map((pid) => [pid, namespaceOf(pid)]));
  const own = new Set(
    pids
      .filter((pid) => attempt(() => readFileSync(`/proc/${pid}/mountinfo`, 'utf8')).includes(mark))
      .map((pid) => spaces.get(pid)),
  );
  own.delete(namespaceOf('self'));
  own.delete('');
  return pids.filter((pid) => own.has(spaces.get(pid)));
}

const noFreezer = async (): Promise<never> => {
  throw new Error('the control group was left out, and the freezer with it: this container cannot be paused');
};

/** `path`: the group that it would have had. `mark`: the part of a mountinfo line that identifies the container. */
export function noCgroup({ version, path }: Pick<Cgroup, 'version' | 'path'>, mark: string): Cgroup {
  const processes = () => processesWith(mark);
  const nothing = async () => undefined;
  return {
    version,
    path,
    create: nothing,
    join: nothing,
    remove: nothing,
    freeze: noFreezer,
    thaw: nothing,
    limit: async () => ['the control group was left out: no limit holds'],
    allowDevices: async () => [],
    // when the first process of a pid namespace exits, the kernel kills all others in it: pid_namespaces(7)
    kill: (k) => killAll(k, processes),
    processes: async () => processes(),
    oomKilled: async () => false,
    oom: () => ({ kills: 0, path: '', says: '' }),
    onOom: nothing,
    pathOf: () => undefined,
    stats: async () => ({
      cpu: { total: 0, user: 0, system: 0, periods: 0, throttledPeriods: 0, throttledTime: 0 },
      memory: { usage: 0, limit: 0, stats: {} },
      pids: { current: processes().length, limit: 0 },
      io: [],
    }),
    inspect: async () => [{ title: 'control group', lines: ["left out: its processes are in the daemon's own group"] }],
  };
}
