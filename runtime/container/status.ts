/** From the machine's states to what a client sees, and to where the next daemon picks them up. */
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

/** `restarting`: a restart policy waits, or its start is under way. */
export function statusOf(machine: MachineState, record: ContainerRecord, restarting: boolean): Status {
  if (restarting) return 'restarting';
  if (record.dead && machine === 'failed') return 'dead';
  // the process of an exit that is taken back has ended, but its end is not recorded yet
  if (machine === 'unwinding' && record.pid) return 'running';
  return statuses[machine] ?? (record.startedAt ? 'exited' : 'created');
}

/**
 * Of a start that a dead daemon left in one of them all is taken back, in whichever: start() has noted that there is
 * one.
 */
export const midway: ReadonlySet<MachineState> = new Set(starting.map(({ state }) => state));

/** Where a machine can be picked up again: what was in the middle of something is taken back first (takeBack). */
export function resting(machine: MachineState): MachineState {
  if (['created', 'running', 'paused', 'exited', 'failed'].includes(machine)) return machine;
  return machine === 'exiting' ? 'running' : 'failed';
}

/** Pids are used again, after a reboot at once: it is the container's only if it is in its cgroup. */
export function isOurs(pid: number, id: string): boolean {
  try {
    return readFileSync(`/proc/${pid}/cgroup`, 'utf8').includes(id);
  } catch {
    return false;
  }
}
