import { toFail } from './chosen.ts';
import { sweepSite } from './site.ts';
import { sweepAll } from './sweep.ts';

const s = await sweepSite('the sweep: failures');

s.test('a call that fails leaves nothing behind, whichever it is', () => sweepAll(s.sweep, toFail(s.places), 'fail'));

s.test.run();
