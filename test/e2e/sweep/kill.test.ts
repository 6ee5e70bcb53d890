import * as assert from 'uvu/assert';
import { sweepSite } from './site.ts';
import { sweepAll } from './sweep.ts';

/** `npm run sweep` sets it: every place, where otherwise it is every step, and its first and its last call. */
const all = process.env['DRYDOCK_SWEEP'] === 'all';
const s = await sweepSite('the sweep: a killed daemon');

s.test('a daemon that is killed leaves nothing to the next one that rm does not take', async () => {
  await sweepAll(s.sweep, s.places.filter(({ call, of }) => all || call === 0 || call === 1 || call === of), 'kill');
  assert.match(await s.site.daemon.ok('ps', '--filter', 'name=neighbour'), /Up/, 'and the neighbour runs on');
});

s.test.run();
