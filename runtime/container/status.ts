/** Maps the machine's states to the status for clients, and to the state from which the next daemon continues. */
import { readFileSync } from 'node:fs';
import type { Status } from './container-state.ts';
import { starting, type MachineState } from './life.ts';
import type { ContainerRecord } from './record.ts';

const statuses: Partial<Record<MachineState, Status>> = {
  running: 'running',
  exiting: 'running',
  paused: 'paused',
  exited: 'exited',
  removing: 'removing',
  removed: 'removing',
};

/** `restarting`: a restart policy is waiting, or its start is running. */
export function statusOf(machine: MachineState, record: ContainerRecord, restarting: boolean): Status {
  if (restarting) return 'restarting';
  if (record.dead && machine === 'failed') return 'dead';
  // the process has ended and the exit is being undone, but the end is not recorded yet
  if (machine === 'unwinding' && record.pid) return 'running';
  return statuses[machine] ?? (record.startedAt ? 'exited' : 'created');
}

/**
 * The states of a start. A daemon that died in any of them leaves a start that is undone completely; start() has noted
 * that there is one.
 */
export const midway: ReadonlySet<MachineState> = new Set(starting.map(({ state }) => state));

/** The state from which a machine can continue. Unfinished work is undone first (takeBack). */
export function resting(machine: MachineState): MachineState {
  if (['created', 'running', 'paused', 'exited', 'failed'].includes(machine)) return machine;
  return machine === 'exiting' ? 'running' : 'failed';
}

/**
 * Whether the pid belongs to the container, which is true only when it is in its cgroup. Pids are reused, after a
 * reboot very soon.
 */
export function isOurs(pid: number, id: string): boolean {
  try {
    return readFileSync(`/proc/${pid}/cgroup`, 'utf8').includes(id);
  } catch {
    return false;
  }
}
