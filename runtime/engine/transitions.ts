/** What the entry of a state means: for the record, for the journal, for Docker's events, and for those who wait. */
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
import type { Life, Surroundings } from './surroundings.ts';
import type { Waiters } from './waiters.ts';

/** The part of a lifecycle that an entry of a state changes or asks. */
export interface Transiting extends Life {
  readonly log: Journal;
  readonly gateKeeper: Gate;
  readonly streams: Streams;
  readonly waiters: Waiters;
  readonly around: Surroundings;
  readonly oom: OomWatch;
  readonly running: boolean;
  readonly failure: StartFailure | undefined;
}

/** The machine has entered `to`: the journal, the record, Docker's events and those who wait are told. */
export function enter(life: Transiting, to: MachineState, error: string): void {
  const from = life.record.machine;
  if (to === from) return;
  life.log.append({ type: 'state', from, to });
  Object.assign(life.record, { machine: to, error });
  if (to === 'running' && from === 'executing') didStart(life);
  if (to === 'exiting') void life.oom.end();
  // an exec that is held at the gate would be left behind
  if (to === 'exiting')
    for (const exec of life.around.execs.values()) if (exec.container.container === life.container) exec.gate.release();
  if (to === 'exited' && from === 'exiting') delete life.record.left;
  if (to === 'exited')
    for (const exec of life.around.execs.values()) if (exec.container.container === life.container) exec.drop();
  if (to === 'exited') didExit(life);
  if (to === 'failed') didFail(life, from);
  if (to === 'running' || to === 'failed') life.restarting = false;
  // of a removal that failed another one may be tried: whoever removes it decides
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
  // execve(2) has changed them once more: for a user other than root little is left
  const facts = rightsFacts(live.pid);
  if (facts.length) life.log.append({ type: 'fact', facts });
  // a moved tag must not change what a stopped container stands on
  life.container.pull = newPull(life.record.image ?? life.container.request.Image, 'missing');
  life.around.event(life.container, 'start');
  noticeOom(life);
}

/**
 * A full disk stops no transition: what ended has ended, and rm must be able to make room. What is known of a run
 * before that is its START, without which it does not begin; a daemon that dies meanwhile leaves what the next one
 * takes back.
 */
function save(life: Transiting): void {
  try {
    saveRecord(life.container.settings, life.record);
  } catch (error) {
    if (!hasCode(error, 'ENOSPC', 'EDQUOT')) throw error;
  }
}

/** A group without a limit of its own meets no wall of its own: then nothing has to be held open for it. */
export function noticeOom(life: Transiting): void {
  if (life.container.request.HostConfig.Memory && life.running) life.oom.begin();
}

export function connected(life: Transiting, action: 'connect' | 'disconnect'): void {
  life.around.network(life.container, action);
}

function didExit(life: Transiting): void {
  const { exit: end } = life.container;
  const status = end?.status ?? 9; // also when giving back failed after the status was collected
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
  // how it ended is not changed by an rm that failed
  if (from !== 'removing') life.record.exitCode = life.failure?.exitCode ?? 128;
  else life.record.dead = true;
  Object.assign(life.record, { error: life.failure?.refusal.message ?? life.record.error });
}
