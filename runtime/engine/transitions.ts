/** Effects of entering a state: on the record, the journal, Docker's events and the waiting calls. */
import { hasCode } from '../kernel/errors.ts';
import { rightsFacts } from '../kernel/process/facts.ts';
import { exitCodeOf } from '../kernel/process/shim.ts';
import type { Journal } from '../journal/journal.ts';
import type { MachineState } from '../container/life.ts';
import type { Streams } from '../container/io/streams.ts';
import { saveRecord } from '../container/record.ts';
import { midway } from '../container/status.ts';
import { newPull } from '../image/pull.ts';
import type { StartFailure } from '../operation/failure.ts';
import type { Gate } from '../operation/gate.ts';
import type { OomWatch } from '../watch/oom.ts';
import type { HealthMonitor } from './health-monitor.ts';
import type { Life, Surroundings } from './surroundings.ts';
import type { Waiters } from './waiters.ts';

/** The part of Lifecycle that entering a state reads and changes. */
export interface Transiting extends Life {
  readonly log: Journal;
  readonly gateKeeper: Gate;
  readonly streams: Streams;
  readonly waiters: Waiters;
  readonly around: Surroundings;
  readonly oom: OomWatch;
  readonly health: HealthMonitor;
  readonly running: boolean;
  readonly failure: StartFailure | undefined;
}

/** The machine has entered `to`: updates the record and informs the journal, Docker's events and the waiting calls. */
export function enter(life: Transiting, to: MachineState, error: string): void {
  const from = life.record.machine;
  if (to === from) return;
  life.log.append({ type: 'state', from, to });
  Object.assign(life.record, { machine: to, error });
  if (to === 'running' && from === 'starting') didStart(life);
  if (to === 'exiting') void life.oom.end();
  if (to === 'exiting') void life.health.close().catch(() => undefined);
  // release an exec that the gate holds, because its container is ending
  if (to === 'exiting')
    for (const exec of life.around.execs.values()) if (exec.container.container === life.container) exec.gate.release();
  if (to === 'exited' && from === 'exiting') delete life.record.left;
  if (to === 'exited')
    for (const exec of life.around.execs.values()) if (exec.container.container === life.container) exec.drop();
  if (to === 'exited') didExit(life);
  if (to === 'failed') didFail(life, from);
  if (to === 'running' || to === 'failed') life.restarting = false;
  // after a failed removal the caller decides whether to try again
  if ((to === 'exited' || to === 'failed') && from !== 'removing') life.around.exited(life);
  if (to !== 'removed' && !midway.has(to)) save(life);
  life.waiters.moved(to, life.record);
}

function didStart(life: Transiting): void {
  const { live } = life.container;
  Object.assign(life.record, {
    pid: live.pid ?? 0,
    startedAt: live.startedAt ?? Date.now(),
    finishedAt: 0,
    exitCode: 0,
    oomKilled: false,
    image: life.container.image?.id,
  });
  // execve(2) has changed the rights once more: a user other than root has few left
  const facts = rightsFacts(live.pid);
  if (facts.length) life.log.append({ type: 'fact', facts });
  // the container keeps its image when the tag moves
  life.container.pull = newPull(life.record.image ?? life.container.request.Image, 'missing');
  life.around.event(life.container, 'start');
  life.health.begin();
  noticeOom(life);
}

/**
 * Saves the record. A full disk must not stop a transition, because rm must be able to make room. A run cannot begin
 * without the record of its START, so that the next daemon can undo what a dying daemon leaves.
 */
function save(life: Transiting): void {
  try {
    saveRecord(life.container.settings, life.record);
  } catch (error) {
    if (!hasCode(error, 'ENOSPC', 'EDQUOT')) throw error;
  }
}

/** Watches for OOM only with a memory limit, because a cgroup without a limit has no OOM of its own. */
export function noticeOom(life: Transiting): void {
  if (life.container.request.HostConfig.Memory && life.running) life.oom.begin();
}

export function connected(life: Transiting, action: 'connect' | 'disconnect'): void {
  life.around.network(life.container, action);
}

function didExit(life: Transiting): void {
  const { exit: end } = life.container;
  const status = end?.status ?? 9; // 9 also when the release failed after the status was collected
  Object.assign(life.record, {
    pid: 0,
    exitCode: exitCodeOf(status),
    oomKilled: end?.oom ?? false,
    finishedAt: end?.time ?? Date.now(),
  });
  if (!life.record.left?.length) life.container.live = {};
  else if (life.failure) life.record.error = life.failure.refusal.message;
  if (life.record.oomKilled) life.around.event(life.container, 'oom');
  life.around.event(life.container, 'die', { exitCode: String(life.record.exitCode) });
  connected(life, 'disconnect');
}

function didFail(life: Transiting, from: MachineState): void {
  life.gateKeeper.arm({ mode: 'run', breakpoints: [] });
  life.streams.abandon();
  // a failed rm does not change the exit code
  if (from !== 'removing') life.record.exitCode = life.failure?.exitCode ?? 128;
  else life.record.dead = true;
  Object.assign(life.record, { error: life.failure?.refusal.message ?? life.record.error });
  // a start that failed after its network phase has names
  life.around.networks().changed();
}
