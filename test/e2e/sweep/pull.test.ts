/** The sweep over a standalone pull: pull-sweep.ts. DRYDOCK_SWEEP_ONLY selects places by a regular expression. */
import * as assert from 'uvu/assert';
import { site } from '../site.ts';
import { findPullPlaces, held, shownPull, sweepPull, type PullPlace } from './pull-sweep.ts';

const s = await site('the sweep: pulls', { images: [] });
const wanted = new RegExp(process.env['DRYDOCK_SWEEP_ONLY'] ?? '');
/** The registry's own name is used, because the daemon continues without a mirror that fails. */
const reference = () => `${s.registry.host}/library/ubuntu`;
let places: PullPlace[] = [];
let before: Record<string, string[]> = {};

s.test('a real pull goes through every step of its phase, and its journal shows every request', async () => {
  places = await findPullPlaces(s.daemon, reference());
  before = held(s.daemon);
  const steps = (await s.daemon.json<{ id: string; steps: { id: string }[] }[]>('/drydock/phases'))
    .find(({ id }) => id === 'pull')!
    .steps.map(({ id }) => id);
  assert.equal([...new Set(places.map(({ step }) => step))], steps);
  assert.ok(
    places.filter(({ request }) => request).length >= 6,
    'the registry, index, manifest, config and three layers',
  );
  assert.equal(before['blobs'], [], 'nothing is there yet');
});

for (const worst of ['fail', 'abort', 'kill'] as const) {
  s.test(`${worst}: nothing stays, whichever step or request it is`, async () => {
    const failures: string[] = [];
    for (const place of places
      .filter(({ request }) => worst !== 'fail' || request)
      .filter((one) => wanted.test(shownPull(one)))) {
      await sweepPull(s.daemon, reference(), before, place, worst).catch(
        (error: Error) =>
          void failures.push(
            `${shownPull(place)}: ${error.message} ${'details' in error ? String(error.details) : ''}`,
          ),
      );
    }
    assert.equal(failures, []);
  });
}

s.test('and the next pull succeeds', async () => {
  assert.is((await s.daemon.docker('pull', '-q', reference())).code, 0);
  assert.is((await s.daemon.cli('run', '--rm', '--network', 'none', reference(), 'true')).code, 0);
});

s.test.run();
