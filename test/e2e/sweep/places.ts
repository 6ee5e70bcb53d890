/** The places where a run can be stopped: before each step in a real journal, and before each system call in it. */
import type { Event } from '../../../runtime/journal/event.ts';
import type { Daemon } from '../daemon.ts';
import { Follower } from './journal.ts';
import { stateOf, type Way } from './ways.ts';
import { until } from '../../until.ts';

export interface Place {
  way: Way;
  step: string;
  /** number of the call, from 1; 0 is before the step */
  call: number;
  of: number;
  /** 'stage.mount'; '' before the step */
  name: string;
}
export const breakpoint = ({ step, call }: Place): string => (call ? `${step}#${call}` : step);
export const shown = (place: Place): string =>
  `${place.way.name}: ${breakpoint(place)}${place.name && ` ${place.name}`}`;

/** The calls of each step, in order. Calls between two steps cannot be held by the gate. */
function callsOf(events: readonly Event[], { phases }: Way): Map<string, string[]> {
  const found = new Map<string, string[]>();
  let step: string | undefined;
  for (const event of events) {
    if (event.type === 'step' && event.at === 'start') {
      step = phases.includes(event.step?.split('.')[0] ?? '') ? event.step : undefined;
      if (step) found.set(step, []);
    } else if (event.type === 'state' || (event.type === 'phase' && event.at === 'done')) {
      step = undefined;
    } else if (event.type === 'call' && step && event.step === step) {
      found.get(step)!.push(`${event.actor}.${event.name}`);
    }
  }
  return found;
}

/** Performs the whole operation once without stops, and removes its results. */
async function walk(d: Daemon, way: Way): Promise<Event[]> {
  const id = await way.bring(d, way.phases[0] === 'pull' ? 'pull.' : '');
  const follower = new Follower(d, id);
  await follower.begun;
  const { status, body } = await way.act(d, id);
  if (status >= 300) throw new Error(`${way.name}: ${status} ${body}`);
  if (way.phases.includes('exit')) await until('it ends', async () => (await stateOf(d, id)).Status === 'exited');
  if (way.name !== 'remove') await d.api('DELETE', `/containers/${id}?force=1`);
  await follower.until(() => false);
  follower.close();
  return follower.events;
}

/**
 * What two runs have in common: a call that one of them makes and the other does not depends on time, as the second
 * try of a removal does, and a run may wait for ever to be stopped there.
 */
async function always(d: Daemon, way: Way): Promise<Map<string, string[]>> {
  const [one, other] = [callsOf(await walk(d, way), way), callsOf(await walk(d, way), way)];
  const same = new Map<string, string[]>();
  for (const [step, calls] of one) {
    const others = other.get(step) ?? [];
    const differs = calls.findIndex((name, j) => name !== others[j]);
    same.set(step, differs < 0 ? calls : calls.slice(0, differs));
  }
  return same;
}

/** A step that makes the same calls in two ways is tested only in the first of them. */
export async function findPlaces(d: Daemon, ways: readonly Way[]): Promise<Place[]> {
  const known = new Set<string>();
  const places: Place[] = [];
  for (const way of ways) {
    for (const [step, calls] of await always(d, way)) {
      const key = `${step} ${calls.join()}`;
      if (known.has(key)) continue;
      known.add(key);
      places.push(
        { way, step, call: 0, of: calls.length, name: '' },
        ...calls.map((name, j) => ({ way, step, call: j + 1, of: calls.length, name })),
      );
    }
  }
  return places;
}
