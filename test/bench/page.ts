/**
 * `npm run bench:page`: measures the playground in Debian's Chromium without a graphics card. It prints figures and
 * asserts nothing.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { missing } from '../harness.ts';
import { needs, Visit } from '../web/browser.ts';
import { eventToPicture } from './page/event-to-picture.ts';
import { firstLoad } from './page/first-load.ts';
import { long } from './page/long.ts';
import { viewers } from './page/viewers.ts';

const RESULT = 'dist/bench/page.json';
const lacks = missing(...needs);
if (lacks) throw new Error(`the bench of the page ${lacks}`);

interface Row {
  what: string;
  value: number;
  unit: string;
  below?: number;
  above?: number;
}
const rows: Row[] = [];
const visit = await Visit.open();
try {
  const { page, daemon } = visit;
  const load = await firstLoad(visit);
  rows.push(
    { what: 'first load, compressed', value: load.kB, unit: 'kB', below: 300 },
    { what: 'with every picture and a terminal', value: load.allKB, unit: 'kB' },
    { what: 'usable after', value: load.ms, unit: 'ms', below: 1000 },
  );
  await page.goto(await visit.address());
  await page.getByText('connected', { exact: true }).waitFor();
  const waits = (await eventToPicture(visit, 10)).sort((a, b) => a - b);
  rows.push(
    { what: 'event to picture, median', value: waits[waits.length >> 1]!, unit: 'ms', below: 50 },
    {
      what: `95th percentile of ${waits.length} events`,
      value: waits[Math.floor(waits.length * 0.95)]!,
      unit: 'ms',
      below: 150,
    },
  );
  const { openMs, heapMB, pageMB, fps } = await long(visit);
  rows.push(
    { what: '100,000 events: open', value: openMs, unit: 'ms', below: 2000 },
    { what: '100,000 events: JavaScript heap', value: heapMB, unit: 'MB', below: 300 },
    { what: '100,000 events: the whole page, PSS of its process', value: pageMB, unit: 'MB', below: 300 },
  );
  for (const [name, value] of Object.entries(fps))
    rows.push({ what: `100,000 events: scrub beside ${name}`, value, unit: 'frames/s', above: 50 });
  const seen = await viewers(daemon);
  rows.push(
    { what: '20 viewers: longest silence of one that reads', value: seen.longestSilenceMs, unit: 'ms', below: 1000 },
    { what: '20 viewers: the slowest gets', value: seen.slowestMBs, unit: 'MB/s' },
    { what: '20 viewers: the fastest gets', value: seen.fastestMBs, unit: 'MB/s' },
    { what: '20 viewers: the daemon grows by', value: seen.grownMiB, unit: 'MiB', below: 100 },
  );
} finally {
  await visit.close();
}
const goal = ({ below, above }: Row) => (below ? `< ${below}` : above ? `≥ ${above}` : '–');
const reached = ({ value, below, above }: Row) =>
  below ? (value < below ? 'yes' : 'NO') : above ? (value >= above ? 'yes' : 'NO') : '–';
mkdirSync('dist/bench', { recursive: true });
writeFileSync(RESULT, JSON.stringify({ processors: cpus().length, load: loadavg(), rows }, null, 2));
console.log(
  [
    '| | | to reach | reached |',
    '| --- | --: | --- | --- |',
    ...rows.map(
      (row) =>
        `| ${row.what} | ${row.value.toFixed(row.value < 10 ? 1 : 0)} ${row.unit} | ${goal(row)} | ${reached(row)} |`,
    ),
  ].join('\n'),
);
console.log(`\n${cpus().length} processors, load ${loadavg()[0]!.toFixed(1)}; as JSON in ${RESULT}`);
