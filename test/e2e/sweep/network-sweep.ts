/**
 * The places of operations on networks: before each step, and before each system call in it. At each place the call
 * fails, the operation is aborted, or the daemon is killed.
 */
import * as assert from 'uvu/assert';
import type { Event } from '../../../runtime/journal/event.ts';
import type { Daemon } from '../daemon.ts';
import { sameAs } from '../leftovers.ts';
import { until } from '../../until.ts';

export type Worst = 'fail' | 'abort' | 'kill';
export interface NetworkPlace {
  step: string;
  /** number of the call, from 1; 0 is before the step */
  call: number;
  /** the step's number of calls */
  of: number;
  name: string;
}
export const shownPlace = ({ step, call, name }: NetworkPlace): string => (call ? `${step}#${call} ${name}` : step);
const breakpoint = ({ step, call }: NetworkPlace): string => (call ? `${step}#${call}` : step);

interface Shown {
  id: string;
  state: string;
  error: string;
  left: string[];
}

/** One kind of operation: the body that begins it, and what puts everything back as it was before. */
export interface NetworkWay {
  kind: string;
  body: object;
  /** establishes the preconditions */
  bring(d: Daemon): Promise<void>;
  /** undoes what a completed operation did, and the preconditions; nothing may be left then */
  clear(d: Daemon): Promise<void>;
  /** what must hold after the failure, before `clear` */
  check(d: Daemon, state: string): Promise<void>;
}

async function begin(d: Daemon, { kind, body }: NetworkWay, at?: string): Promise<string> {
  const answer = await d.api('POST', '/drydock/operations', { kind, ...body, ...(at && { break: [at] }) });
  assert.is(answer.status, 201, answer.body);
  return (JSON.parse(answer.body) as Shown).id;
}
const eventsOf = async (d: Daemon, id: string): Promise<Event[]> =>
  (await d.api('GET', `/drydock/operations/${id}/journal`)).body
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Event);
const over = (d: Daemon, id: string) =>
  until(
    `operation ${id.slice(0, 12)} is over`,
    async () => {
      const answer = await d.api('GET', `/drydock/operations/${id}`);
      const shown = answer.status === 200 ? (JSON.parse(answer.body) as Shown) : undefined;
      return shown && ['done', 'failed'].includes(shown.state) ? shown : undefined;
    },
    60,
  );

/** Performs the whole operation once, and lists the places in it. */
export async function findNetworkPlaces(d: Daemon, way: NetworkWay): Promise<NetworkPlace[]> {
  await way.bring(d);
  const id = await begin(d, way);
  const { state, error } = await over(d, id);
  assert.is(state, 'done', error);
  const places: NetworkPlace[] = [];
  for (const event of await eventsOf(d, id)) {
    if (event.type === 'step' && event.at === 'start') places.push({ step: event.step!, call: 0, of: 0, name: '' });
    if (event.type === 'call' && event.step) places.push({ step: event.step, call: 1, of: 0, name: event.name });
  }
  for (const [n, place] of places.entries()) {
    if (place.call) place.call = places[n - 1]!.call + 1;
    place.of = places.filter(({ step, call }) => call && step === place.step).length;
  }
  await way.clear(d);
  return places;
}

export async function sweepNetwork(
  d: Daemon,
  before: Record<string, string[]>,
  way: NetworkWay,
  place: NetworkPlace,
  worst: Worst,
): Promise<void> {
  await way.bring(d);
  const id = await begin(d, way, breakpoint(place));
  await until(
    `it stands at ${shownPlace(place)}`,
    async () => {
      const last = (await eventsOf(d, id)).filter(({ type }) => type === 'gate').at(-1);
      return last?.type === 'gate' && last.at === 'paused' && (last.next === undefined) === (place.call === 0);
    },
    30,
  );
  if (worst === 'kill') {
    await d.kill9();
    await d.start();
  } else {
    const command = worst === 'fail' ? { command: 'fail', errno: 'EIO' } : { command: 'abort' };
    const { status, body } = await d.api('POST', `/drydock/operations/${id}/gate`, command);
    assert.is(status, 204, body);
  }
  // the next daemon takes back what was half done, and forgets the operation of a network that does not exist
  const { state, left } = worst === 'kill' ? { state: 'killed', left: [] } : await over(d, id);
  assert.equal(left, []);
  await way.check(d, state);
  await way.clear(d);
  const { descriptors: _, ...rest } = before;
  await sameAs(worst === 'kill' ? rest : before, d, shownPlace(place));
}
