import { sweepSite } from './site.ts';
import { sweepAll, type Worst } from './sweep.ts';

const s = await sweepSite('the sweep: published ports without a proxy', ['--userland-proxy=false'], 'published');

const own = () => s.places.filter(({ step }) => /^network\..*(ports|loopback|proxy)/.test(step));
for (const worst of ['abort', 'fail', 'kill'] as Worst[])
  s.test(`nothing stays of ports that rules alone serve: ${worst}`, () =>
    sweepAll(
      s.sweep,
      own().filter(({ call }) => worst !== 'fail' || call),
      worst,
    ),
  );

s.test.run();
