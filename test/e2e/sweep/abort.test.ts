import { toAbort } from './chosen.ts';
import { sweepSite } from './site.ts';
import { sweepAll } from './sweep.ts';

const s = await sweepSite('the sweep: aborts');

s.test('an abort leaves nothing behind, before whichever step or call it is', () =>
  sweepAll(s.sweep, toAbort(s.places), 'abort'),
);

s.test.run();
