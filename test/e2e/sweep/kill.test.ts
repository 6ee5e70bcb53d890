import * as assert from 'uvu/assert';
import type { Place } from './places.ts';
import { sweepSite } from './site.ts';
import { sweepAll } from './sweep.ts';

/**
 * some (the default): every step, and the first and last call in it. all (`npm run sweep`): every place. rest: the
 * places that `some` leaves out.
 */
const wanted = process.env['DRYDOCK_SWEEP'] ?? 'some';
const some = ({ call, of }: Place) => call === 0 || call === 1 || call === of;
const s = await sweepSite('the sweep: a killed daemon');

s.test('a daemon that is killed leaves nothing to the next one that rm does not take', async () => {
  await sweepAll(
    s.sweep,
    s.places.filter((place) => wanted === 'all' || some(place) === (wanted === 'some')),
    'kill',
  );
  assert.match(await s.site.daemon.ok('ps', '--filter', 'name=neighbour'), /Up/, 'and the neighbour runs on');
});

s.test.run();
