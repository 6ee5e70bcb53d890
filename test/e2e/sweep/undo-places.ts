/** The system calls of every undo in real rollbacks, and how to cause each rollback. */
import { existsSync } from 'node:fs';
import type { Event } from '../../../runtime/journal/event.ts';
import type { Answer, Daemon } from '../daemon.ts';
import { Follower } from './journal.ts';
import { stateOf, type Way, ways } from './ways.ts';
import { until } from '../../until.ts';

/** An operation that fails at this call, so that it is rolled back. */
export interface Back {
  way: Way;
  failing: string;
}
export interface UndoPlace {
  back: Back;
  step: string;
  /** number of the call, from 1 */ call: number;
  name: string;
}
export const undoBreakpoint = ({ step, call }: UndoPlace): string => `undo:${step}#${call}`;
export const shownUndo = (place: UndoPlace): string =>
  `${place.back.way.name}, failed at ${place.back.failing}: ${undoBreakpoint(place)} ${place.name}`;

/**
 * Failures where as much as possible exists already: before the program runs, after its end, half frozen, and in an
 * exec. A kernel with one cgroup tree freezes with one call.
 */
const half = existsSync('/sys/fs/cgroup/freezer') ? 'pause.freeze#2' : 'pause.freeze#1';
export const backs: readonly Back[] = ways.flatMap((way) => {
  const [first] = way.phases;
  if (first === 'pull')
    return [
      { way, failing: 'init.execve#1' },
      ...(way.name === 'plain' ? [{ way, failing: 'exit.remove-cgroup#1' }] : []),
    ];
  return first === 'pause' ? [{ way, failing: half }] : first === 'exec' ? [{ way, failing: 'exec.execve#1' }] : [];
});
/** The request is answered before the failure, because the container runs. */
export const isExit = ({ failing }: Back): boolean => failing.startsWith('exit.');

export const paused = (event: Event, step: string): boolean =>
  event.type === 'gate' && event.at === 'paused' && event.step === step && event.next !== undefined;
export const unwound = (event: Event): boolean => event.type === 'phase' && event.at === 'unwound';
export async function gate(d: Daemon, id: string, command: object): Promise<void> {
  const { status, body } = await d.api('POST', `/drydock/containers/${id}/gate`, command);
  if (status !== 204) throw new Error(`${JSON.stringify(command)}: ${status} ${body}`);
}

export interface Failed {
  follower: Follower;
  /** the answer to the request that failed; for an exit, to the start that succeeded */
  done: Promise<Answer | undefined>;
}

/** Makes the operation fail, with `breakpoint` set for the rollback. */
export async function failOn(d: Daemon, back: Back, id: string, breakpoint?: string): Promise<Failed> {
  const { failing: at } = back;
  const follower = new Follower(d, id);
  await follower.begun;
  const done = back.way.act(d, id, at).catch(() => undefined);
  const first = await Promise.race([
    follower.until((event) => paused(event, at.split('#')[0]!)),
    ...(isExit(back) ? [] : [done]),
  ]);
  if (!first || !('seq' in first)) throw new Error(`it did not stop at ${at}: ${JSON.stringify(first)}`);
  if (breakpoint) await gate(d, id, { command: 'break', at: breakpoint });
  await gate(d, id, { command: 'fail', errno: 'EIO' });
  return { follower, done };
}

/** The calls of each undo, in order. */
function callsOf(events: readonly Event[]): Map<string, string[]> {
  const begun = events.findIndex((event) => event.type === 'phase' && event.at === 'unwinding');
  const found = new Map<string, string[]>();
  for (const event of events.slice(begun)) {
    if (unwound(event)) break;
    if (event.type === 'step' && event.at === 'undo') found.set(event.step!, []);
    if (event.type === 'call' && event.step) found.get(event.step)?.push(`${event.actor}.${event.name}`);
  }
  return found;
}

/** An undo that makes the same calls in two ways is tested only in the first of them. */
export async function findUndoPlaces(d: Daemon): Promise<UndoPlace[]> {
  const known = new Set<string>();
  const places: UndoPlace[] = [];
  for (const back of backs) {
    const id = await back.way.bring(d, '');
    const { follower, done } = await failOn(d, back, id);
    await follower.until(unwound);
    await done;
    if (isExit(back)) await until('it ends', async () => (await stateOf(d, id)).Status === 'exited');
    follower.close();
    await d.api('DELETE', `/containers/${id}?force=1`);
    for (const [step, calls] of callsOf(follower.events)) {
      const key = `${step} ${calls.join()}`;
      if (known.has(key)) continue;
      known.add(key);
      places.push(...calls.map((name, j) => ({ back, step, call: j + 1, name })));
    }
  }
  return places;
}
