/** The system calls of every undo, as real unwindings show them, and how each unwinding is brought about. */
import { existsSync } from 'node:fs';
import type { Event } from '../../../runtime/journal/event.ts';
import type { Answer, Daemon } from '../daemon.ts';
import { until } from '../ran.ts';
import { Follower } from './journal.ts';
import { stateOf, type Way, ways } from './ways.ts';

/** A way that fails at this call, so that it is taken back. */
export interface Back {
  way: Way;
  failing: string;
}
export interface UndoPlace {
  back: Back;
  step: string;
  /** from 1 */ call: number;
  name: string;
}
export const undoBreakpoint = ({ step, call }: UndoPlace): string => `undo:${step}#${call}`;
export const shownUndo = (place: UndoPlace): string =>
  `${place.back.way.name}, failed at ${place.back.failing}: ${undoBreakpoint(place)} ${place.name}`;

/**
 * Where everything is there that can be: before the program runs, when it has ended, half frozen, inside. A kernel with
 * one tree freezes with one call.
 */
const half = existsSync('/sys/fs/cgroup/freezer') ? 'pause.freeze#2' : 'pause.freeze#1';
export const backs: readonly Back[] = ways.flatMap((way) => {
  const [first] = way.phases;
  if (first === 'pull')
    return [
      { way, failing: 'exec.execve#1' },
      ...(way.name === 'plain' ? [{ way, failing: 'exit.remove-cgroup#1' }] : []),
    ];
  return first === 'pause' ? [{ way, failing: half }] : first === 'join' ? [{ way, failing: 'join.execve#1' }] : [];
});
/** The request is answered before it fails: the container runs. */
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
  /** the request that was failed; of an exit the start, which was good */ done: Promise<Answer | undefined>;
}

/** Lets the way fail, with this breakpoint in what follows. */
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

/** An undo that makes the same calls on two ways is swept on the first of them only. */
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
