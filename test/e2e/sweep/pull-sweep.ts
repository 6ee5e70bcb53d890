/**
 * The places of a standalone pull: before each step, and before each request in it. At each place the request fails,
 * the pull is aborted, or the daemon is killed. Only the record of how it ended may stay, and the next pull must
 * succeed.
 */
import * as assert from 'uvu/assert';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Event } from '../../../runtime/journal/event.ts';
import type { Daemon } from '../daemon.ts';
import { leftovers, sameAs } from '../leftovers.ts';
import type { Worst } from './sweep.ts';
import { until } from '../../until.ts';

export interface PullPlace {
  step: string;
  /** number of the request, from 1; 0 is before the step */ request: number;
  name: string;
}
export const shownPull = ({ step, request, name }: PullPlace): string =>
  request ? `${step}#${request} ${name}` : step;
const breakpoint = ({ step, request }: PullPlace): string => (request ? `${step}#${request}` : step);

interface Shown {
  id: string;
  state: string;
  error: string;
  left: string[];
}
const show = (d: Daemon, id: string) => d.json<Shown>(`/drydock/operations/${id}`);
const journalOf = async (d: Daemon, id: string): Promise<Event[]> =>
  (await d.api('GET', `/drydock/operations/${id}/journal`)).body
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Event);

async function begin(d: Daemon, reference: string, at?: string): Promise<string> {
  const { status, body } = await d.api('POST', '/drydock/operations', {
    kind: 'pull',
    reference,
    ...(at && { break: [at] }),
  });
  assert.is(status, 201, body);
  return (JSON.parse(body) as Shown).id;
}
const over = (d: Daemon, id: string) =>
  until(
    `pull ${id.slice(0, 12)} is over`,
    async () => {
      const shown = await show(d, id);
      return ['done', 'failed'].includes(shown.state) ? shown : undefined;
    },
    60,
  );
async function forget(d: Daemon, reference: string): Promise<void> {
  const { status, body } = await d.api('DELETE', `/images/${reference}?force=1`);
  assert.ok(status === 200 || status === 404, body);
}

/** A snapshot of the kernel's objects and the data root, including the image store. */
export const held = (d: Daemon): Record<string, string[]> => ({
  ...leftovers(d),
  blobs: readdirSync(join(d.root, 'blobs/sha256')).sort(),
  layers: readdirSync(join(d.root, 'layers')).sort(),
  links: readdirSync(join(d.root, 'l')).sort(),
});
const stores = ['blobs', 'layers', 'links'] as const;

/** Performs a whole pull once. The order of the layer requests depends on the registry; their number does not. */
export async function findPullPlaces(d: Daemon, reference: string): Promise<PullPlace[]> {
  await forget(d, reference);
  const id = await begin(d, reference);
  assert.is((await over(d, id)).state, 'done');
  const places: PullPlace[] = [];
  let count = 0;
  for (const event of await journalOf(d, id)) {
    if (event.type === 'step' && event.at === 'start') {
      count = 0;
      places.push({ step: event.step!, request: 0, name: '' });
    } else if (event.type === 'http' && event.step)
      places.push({
        step: event.step,
        request: ++count,
        name: `${event.method} ${new URL(event.url).pathname.replace(/[0-9a-f]{64}/, '…')}`,
      });
  }
  await forget(d, reference);
  return places;
}

export async function sweepPull(
  d: Daemon,
  reference: string,
  before: Record<string, string[]>,
  place: PullPlace,
  worst: Worst,
): Promise<void> {
  const id = await begin(d, reference, breakpoint(place));
  await until(
    `it stands at ${shownPull(place)}`,
    async () => {
      const last = (await journalOf(d, id)).filter(({ type }) => type === 'gate').at(-1);
      return (
        last?.type === 'gate' &&
        last.at === 'paused' &&
        last.step === place.step &&
        (last.next === undefined) === (place.request === 0)
      );
    },
    30,
  );
  if (worst === 'kill') {
    await d.kill9();
    await d.start();
  } else {
    const { status, body } = await d.api(
      'POST',
      `/drydock/operations/${id}/gate`,
      worst === 'fail' ? { command: 'fail', errno: 'EIO' } : { command: 'abort' },
    );
    assert.is(status, 204, body);
  }
  const { state, error, left } = await over(d, id);
  // A registry on loopback is tried with TLS and without, so a failure of one request may be harmless.
  if (worst !== 'fail' || place.step !== 'pull.contact-registry') assert.is(state, 'failed', error);
  assert.equal(left, []);
  if (worst === 'abort') assert.is(error, `aborted before ${place.step}; everything was undone`);
  if (worst === 'kill') assert.is(error, 'the daemon ended in the middle of it; everything was undone');
  if (worst === 'fail' && state === 'failed') assert.match(error, /\(EIO, answered at the gate\)/);
  if (state === 'done') await forget(d, reference);
  const { descriptors: _, ...rest } = before;
  await until('the store is as it was', () =>
    stores.every((kind) => JSON.stringify(held(d)[kind]) === JSON.stringify(before[kind])),
  ).catch(() => undefined);
  const now = held(d);
  for (const kind of stores) assert.equal(now[kind], before[kind], `${shownPull(place)}: ${kind}`);
  await sameAs(
    Object.fromEntries(
      Object.entries(worst === 'kill' ? rest : before).filter(
        ([kind]) => !(stores as readonly string[]).includes(kind),
      ),
    ),
    d,
    shownPull(place),
  );
}
