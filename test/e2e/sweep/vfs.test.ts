import { sweepSite } from './site.ts';
import { sweepAll } from './sweep.ts';

/** The steps of the storage driver, and the steps that run beside them. */
const own = /^(rw-layer\.|remove\.|exit\.forget-run)/;
const s = await sweepSite('the sweep: storage driver vfs', ['--storage-driver', 'vfs']);
const places = () => s.places.filter(({ step, way }) => own.test(step) && ['terminal', 'remove'].includes(way.name));

for (const worst of ['fail', 'abort', 'kill'] as const) {
  s.test(`${worst} at each place of the steps of vfs leaves nothing behind`, () =>
    sweepAll(
      s.sweep,
      places().filter(({ call }) => worst !== 'fail' || call),
      worst,
    ),
  );
}

s.test.run();
