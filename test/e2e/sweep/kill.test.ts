import * as assert from 'uvu/assert';
import { toKill } from './chosen.ts';
import { sweepSite } from './site.ts';
import { sweepAll } from './sweep.ts';

const s = await sweepSite('the sweep: a killed daemon');

s.test('a daemon that is killed leaves nothing to the next one that rm does not take', async () => {
  await sweepAll(s.sweep, toKill(s.places), 'kill');
  assert.match(await s.site.daemon.ok('ps', '--filter', 'name=neighbour'), /Up/, 'and the neighbour runs on');
});

s.test.run();
